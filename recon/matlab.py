"""Arrays of numbers from MATLAB's `.mat` files of version 5 (MATLAB 5 to 7), packed or not.

Our own reader, of the format's description ("MAT-File Format", MathWorks): files come from anywhere, and scipy's may
crash the interpreter on a spoilt one. Text, cells, structures and complex numbers are left out.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from recon.arrays import MOST_TIMES, SMALL_BYTES

HEADER_BYTES = 128
MATRIX, COMPRESSED = 14, 15
STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
COMPLEX = 0x0800  # among the flags


def read_mat(file: Path) -> dict[str, np.ndarray]:
    """Name -> array of two dimensions or more, in the class that MATLAB knew.

    Raises:
        OSError: it can't be opened. ValueError: it is no whole file of that version; a few words say so.
    """
    data = file.read_bytes()
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if len(data) < HEADER_BYTES or order is None or 1 not in data[124:126]:
        raise ValueError("it is no MATLAB file of version 5")
    most = max(SMALL_BYTES, MOST_TIMES * len(data))
    arrays: dict[str, np.ndarray] = {}
    for kind, body in _elements(memoryview(data)[HEADER_BYTES:], order):
        if kind == COMPRESSED:
            whole = _unpacked(body, most)
            most -= len(whole)
            kind, body = next(_elements(memoryview(whole), order), (0, body))
        found = _matrix(body, order) if kind == MATRIX else None
        if found is not None:
            arrays[found[0]] = found[1]
    return arrays


def _unpacked(body: memoryview, most: int) -> bytes:
    inflate = zlib.decompressobj()
    try:
        whole = inflate.decompress(body, max(most, 1))
    except zlib.error:
        raise ValueError("a packed part of it is broken") from None
    if inflate.unconsumed_tail:
        raise ValueError("it unpacks to more than a file of its size holds")
    if not inflate.eof:
        raise ValueError("a packed part of it is cut off")
    return whole


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """The kind and the bytes of one element after another."""
    at = 0
    while at + 8 <= len(data):
        kind, length = struct.unpack_from(f"{order}II", data, at)
        if kind >> 16:  # a small one: its length stands in the kind, its bytes in place of the length
            kind, length, begin, after = kind & 0xFFFF, kind >> 16, at + 4, at + 8
            if length > 4:
                raise ValueError("a part of it is longer than its place")
        else:
            begin = at + 8
            after = begin + length + (0 if kind == COMPRESSED else -length % 8)
        if begin + length > len(data):
            raise ValueError("a part of it is longer than the file")
        yield kind, data[begin : begin + length]
        at = after


def _matrix(body: memoryview, order: str) -> tuple[str, np.ndarray] | None:
    """Name and numbers of a matrix; None where it holds other things."""
    parts = _elements(body, order)
    flags, sides, name, numbers = (next(parts, None) for _ in range(4))
    if flags is None or sides is None or name is None or len(flags[1]) < 4:
        raise ValueError("a matrix of it is not whole")
    (said,) = struct.unpack_from(f"{order}I", flags[1])
    if said & 0xFF not in CLASSES or said & COMPLEX:
        return None
    shape = tuple(np.frombuffer(sides[1][: len(sides[1]) // 4 * 4], f"{order}i4").tolist())
    if numbers is None or numbers[0] not in STORED or len(shape) < 2 or min(shape) < 0:
        raise ValueError("a matrix of it is not whole")
    stored = np.dtype(STORED[numbers[0]]).newbyteorder(order)  # type: ignore[arg-type]
    if math.prod(shape) * stored.itemsize != len(numbers[1]):
        raise ValueError("a matrix of it is not as large as it says")
    flat = np.frombuffer(numbers[1], stored).astype(CLASSES[said & 0xFF])
    return bytes(name[1]).decode("latin1"), flat.reshape(shape, order="F")
