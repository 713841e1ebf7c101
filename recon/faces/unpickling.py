"""Pickles that hold arrays and nothing else: face models and labels are published so, and a pickle can run anything.

What is known: numbers, strings, lists, dicts and sets; numpy's arrays, dtypes and scalars; scipy's CSC and CSR
matrices; chumpy's `Ch`, of which the array is kept; a torch tensor, as DECA's landmark file has some, read by torch's
own restricted reader. Every name stands for a function of this file, so nothing that a pickle names is called. Pickles
of Python 2 are read as latin1.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from recon.arrays import MAGIC, ZIP, array_of, npy_header, npz_members

MOST_OPCODES = 20_000  # a published model has a few hundred; many more nest deeper than an interpreter's stack
MOST_SIDE, MOST_DENSE = 2**24, 2**26  # of a sparse matrix and of its dense twin: joints by vertices
CODES = re.compile(r"[<>=|]?(?:[?bBhHiIlLqQefdFDO]|[biufcSUO]\d{0,6})")  # of numbers, text and objects


class Unfit(ValueError):
    """The bytes are no pickle of arrays; the message says why in a few words."""


def unpickled(data: bytes) -> Any:
    """What a pickle holds, as plain values: of a dict, its values too are arrays and scipy matrices.

    Raises:
        Unfit: it names something else, is truncated or is no pickle.
    """
    try:
        length = _checked(data)
        content = _Unpickler(io.BytesIO(data[:length]), encoding="latin1").load()
        if isinstance(content, dict):
            return {key: _plain(value) for key, value in content.items()}
        return _plain(content)
    except Unfit:
        raise
    except (Exception, MemoryError) as error:  # a spoilt pickle may end in any
        raise Unfit(f"it is no whole pickle of arrays: {type(error).__name__}") from None


def unpickled_npy(data: bytes | bytearray) -> Any:
    """What a `.npy` holds: an array, or the one pickled object of an array of dtype object.

    Raises:
        Unfit: as `unpickled`.
    """
    try:
        _, _, dtype, start = npy_header(data)
        if not dtype.hasobject:
            return array_of(bytearray(data))
    except ValueError as error:
        raise Unfit(str(error)) from None
    content = unpickled(bytes(data[start:]))
    if isinstance(content, np.ndarray) and content.dtype == object and content.size == 1:
        content = content.reshape(-1)[0]
        return {key: _plain(value) for key, value in content.items()} if isinstance(content, dict) else _plain(content)
    return content


def read_contents(file: Path) -> Any:
    """What a `.pkl`, `.npy` or `.npz` holds; an `.npz` as a dict.

    Raises:
        Unfit: it is none of these, or holds more than arrays.
        OSError: it can't be opened.
    """
    data = file.read_bytes()
    if data.startswith(MAGIC):
        return unpickled_npy(data)
    if not data.startswith(ZIP):
        return unpickled(data)
    try:
        members = npz_members(data)
    except ValueError as error:
        raise Unfit(str(error)) from None
    return {name: unpickled_npy(member) for name, member in members.items()}


def _checked(data: bytes) -> int:
    """Bytes of the pickle, its lengths, its size and its memo's places seen to be possible before anything is made."""
    end = 0
    for count, (code, argument, place) in enumerate(pickletools.genops(data)):
        if count > MOST_OPCODES:
            raise Unfit("it holds more than arrays: it is too long a program")
        if "PUT" in code.name and isinstance(argument, int) and argument > MOST_OPCODES:
            raise Unfit("its memo is too large")
        end = (place or 0) + 1
    return end


class _Array:
    """numpy.ndarray where a pickle names it; never made itself."""

    def __new__(cls) -> _Array:
        raise Unfit("it makes an array by its class")


class _State:
    """An object of a foreign class: its state and no more."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, dict):
            raise Unfit("an object in it has an unknown state")
        self.state = state


class _Chumpy(_State):
    """chumpy.ch.Ch."""

    def plain(self) -> np.ndarray:
        found = self.state.get("x", self.state.get("r"))
        if not isinstance(found, np.ndarray):
            raise Unfit("a chumpy object in it has no array")
        return np.asarray(found)


class _Compressed(_State):
    """A matrix of scipy, columns or rows compressed."""

    kind: Callable[..., Any]

    def plain(self) -> Any:
        rows = [self.state.get(name) for name in ("data", "indices", "indptr")]
        shape = self.state.get("_shape", self.state.get("shape"))
        if not all(isinstance(row, np.ndarray) for row in rows) or not isinstance(shape, tuple):
            raise Unfit("a sparse matrix in it lacks its arrays")
        if len(shape) != 2 or not all(isinstance(side, int | np.integer) and 0 <= side <= MOST_SIDE for side in shape):
            raise Unfit("a sparse matrix in it is of no shape")
        if shape[0] * shape[1] > MOST_DENSE:
            raise Unfit("a sparse matrix in it is too large")
        matrix = type(self).kind(tuple(map(np.asarray, rows)), shape=shape)
        matrix.check_format(full_check=True)
        return matrix


class _Csc(_Compressed):
    kind = sparse.csc_matrix


class _Csr(_Compressed):
    kind = sparse.csr_matrix


class _Kind:
    """A dtype. numpy's own would believe whatever state it is given, and crash."""

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str) or not CODES.fullmatch(code):
            raise Unfit("a dtype in it is of no numbers")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: Any) -> None:
        """(version, byte order, nothing for fields and the like, ...)"""
        if not isinstance(state, tuple) or len(state) < 5 or state[1] not in ("<", ">", "|", "="):
            raise Unfit("a dtype in it has an unknown state")
        if any(part is not None for part in state[2:5]):
            raise Unfit("a dtype in it has fields")
        if state[1] != "|":
            self.dtype = self.dtype.newbyteorder(state[1])


class _Filled(np.ndarray):
    """An array that its state fills, of a dtype that was looked at."""

    def __setstate__(self, state: Any) -> None:
        """(version, shape, dtype, whether columns come first, data)"""
        version, shape, kind, columns_first, data = state
        if not isinstance(kind, _Kind) or not isinstance(shape, tuple):
            raise Unfit("an array in it has an unknown state")
        count = math.prod(shape)
        held = len(data) if kind.dtype.hasobject else len(data) // max(kind.dtype.itemsize, 1)
        if isinstance(data, list) != kind.dtype.hasobject or count != held or min(shape, default=0) < 0:
            raise Unfit("an array in it is not as long as it says")
        super().__setstate__((version, shape, kind.dtype, columns_first, data))  # type: ignore[misc]


def _plain(value: Any) -> Any:
    if isinstance(value, _Filled):
        return value.view(np.ndarray)
    return value.plain() if isinstance(value, _Chumpy | _Compressed) else value


def _empty_array(kind: Any, shape: Any, code: Any) -> np.ndarray:
    """numpy's `_reconstruct`: an array that its state then fills."""
    if kind is not _Array:
        raise Unfit("it makes an array of another class")
    return np.ndarray.__new__(_Filled, (0,), "b")


def _from_buffer(data: Any, kind: Any, shape: Any, order: Any) -> np.ndarray:
    if not isinstance(kind, _Kind) or kind.dtype.hasobject or order not in ("C", "F"):
        raise Unfit("an array in it is of no numbers")
    return np.frombuffer(data, dtype=kind.dtype).reshape(shape, order=order)


def _scalar(kind: Any, data: Any) -> Any:
    data = data.encode("latin1") if isinstance(data, str) else data
    if not isinstance(kind, _Kind) or kind.dtype.hasobject or len(data) != kind.dtype.itemsize:
        raise Unfit("a number in it is none")
    return np.frombuffer(data, kind.dtype, 1)[0]


def _latin1(text: Any, encoding: Any = "latin1") -> bytes:
    if encoding != "latin1":
        raise Unfit("it encodes text otherwise than as latin1")
    return text.encode("latin1")


def _bare(kind: Any, base: Any, state: Any) -> Any:
    """Python 2's `copy_reg._reconstructor`: an object before its state."""
    if kind not in (_Chumpy, _Csc, _Csr):
        raise Unfit("it makes an object of another class")
    return kind()


def _storage(data: Any) -> Any:
    import torch

    if data.startswith(ZIP):
        raise Unfit("a tensor in it is packed")
    return torch.load(io.BytesIO(data), weights_only=True)


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> np.ndarray:
    import torch

    if not isinstance(storage, torch.TypedStorage):
        raise Unfit("a tensor in it has no numbers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own pickles still hold the storages that it warns of
        flat = torch.tensor([], dtype=storage.dtype).set_(storage.untyped(), 0, (len(storage),), (1,))
    if math.prod(size) > len(flat):
        raise Unfit("a tensor in it repeats its numbers")
    return torch.as_strided(flat, size, stride, offset).numpy().copy()


_NUMPY = {
    "_reconstruct": _empty_array,
    "scalar": _scalar,
    "_frombuffer": _from_buffer,
    "ndarray": _Array,
    "dtype": _Kind,
}
_KNOWN: dict[tuple[str, str], Any] = {
    **{(f"numpy.{core}.multiarray", name): _NUMPY[name] for core in ("core", "_core") for name in _NUMPY},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _from_buffer for core in ("core", "_core")},
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Kind,
    **{(f"scipy.sparse.{name}", "csc_matrix"): _Csc for name in ("csc", "_csc")},
    **{(f"scipy.sparse.{name}", "csr_matrix"): _Csr for name in ("csr", "_csr")},
    ("chumpy.ch", "Ch"): _Chumpy,
    ("_codecs", "encode"): _latin1,
    ("copy_reg", "_reconstructor"): _bare,
    ("copyreg", "_reconstructor"): _bare,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch.storage", "_load_from_bytes"): _storage,
    **{(module, "object"): object for module in ("__builtin__", "builtins")},
    **{(module, "set"): set for module in ("__builtin__", "builtins")},
    ("collections", "OrderedDict"): dict,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise Unfit(f"it holds more than arrays: {module}.{name} is not allowed"[:200])
        return _KNOWN[module, name]
