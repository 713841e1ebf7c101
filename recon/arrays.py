"""Arrays from `.npy` and `.npz` files that anybody may have made: numbers, truth values and text, never objects.

    arrays = read_npz(Path("a.npz"))            name -> array
    array = read_npy(Path("a.npy"))

Nothing is allocated for what a file only says that it holds: an array must be as long as its header says, and what is
packed may not unpack to much more than it is.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import IO

import numpy as np

MAGIC, ZIP = b"\x93NUMPY", b"PK\x03\x04"
KINDS = "biufcSU"
SMALL_BYTES, MOST_TIMES = 2**26, 16
"""An archive may unpack to so many bytes, or so many times its own: deflated zeros are a thousandth of themselves."""
MOST_SCRIPT_BYTES = 2**24


def read_npz(file: Path, needed: Collection[str] = ()) -> dict[str, np.ndarray]:
    """The arrays of an archive by name, each writable.

    Raises:
        OSError: it can't be opened. ValueError: it is no whole archive of arrays, or lacks one of the `needed`; a few
            words say so.
    """
    arrays = {name: array_of(data) for name, data in npz_members(file.read_bytes()).items()}
    for name in needed:
        if name not in arrays:
            raise ValueError(f"it has no array {name}")
    return arrays


def read_npy(file: Path) -> np.ndarray:
    """The one array of a file, writable.

    Raises:
        OSError: it can't be opened. ValueError: as `array_of`.
    """
    return array_of(bytearray(file.read_bytes()))


def array_of(data: bytearray) -> np.ndarray:
    """The array that the bytes of a `.npy` are; shares their memory.

    Raises:
        ValueError: they are no whole `.npy`, or hold objects.
    """
    shape, columns_first, dtype, start = npy_header(data)
    if dtype.kind not in KINDS:
        raise ValueError("it holds objects" if dtype.hasobject else f"it holds {str(dtype)[:50]}, not numbers")
    count = 1
    for length in shape:  # as Python's numbers, which do not overflow
        count *= length
    if min(shape, default=0) < 0 or count * dtype.itemsize != len(data) - start:
        raise ValueError("its array is not as long as it says")
    flat = np.frombuffer(data, dtype, count, start) if count * dtype.itemsize else np.empty(count, dtype)
    if dtype.kind == "U":
        codes = flat.view(np.dtype("u4").newbyteorder(dtype.byteorder))
        if codes.max(initial=0) > sys.maxunicode:
            raise ValueError("its text holds what is no character")
    return flat.reshape(shape, order="F" if columns_first else "C")


def npy_header(data: bytes | bytearray) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Shape, whether columns come first, dtype, and where the numbers begin.

    Raises:
        ValueError: there is no such header.
    """
    stream = io.BytesIO(data[: 2**16])
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return *read(stream), stream.tell()
    except (Exception, MemoryError):  # numpy asks Python's own parser, which raises almost anything
        raise ValueError("it is no whole .npy file") from None


def npz_members(data: bytes) -> dict[str, bytearray]:
    """The bytes of an archive's members, by their names without `.npy`.

    Raises:
        ValueError: it is no whole archive, or unpacks to more than it may.
    """
    most = max(SMALL_BYTES, MOST_TIMES * len(data))
    members: dict[str, bytearray] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as stored:
            entries = stored.infolist()
            if sum(one.file_size for one in entries) > most:
                raise ValueError(f"it unpacks to more than {most // 2**20} MB")
            for one in entries:
                if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise ValueError("it is packed in another way than numpy's")
                with stored.open(one) as member:
                    members[one.filename.removesuffix(".npy")] = _whole(member, one.file_size, len(data))
    except ValueError:
        raise
    except (Exception, MemoryError) as error:  # a spoilt archive may end in any
        raise ValueError(f"it is no whole .npz file ({type(error).__name__})") from None
    return members


def refuse_packed(file: Path) -> None:
    """Raise ValueError where a file of torch is packed: torch would unpack whatever it is given, but packs nothing but
    the text of a script, in the folder `code`.

    Raises:
        OSError: it can't be opened.
    """
    if not zipfile.is_zipfile(file):
        return  # of the format before 1.6, which is as long as what it holds
    try:
        with zipfile.ZipFile(file) as stored:
            entries = stored.infolist()
    except (Exception, MemoryError):
        raise ValueError("it is no whole file of torch") from None
    packed = [one for one in entries if one.compress_type != zipfile.ZIP_STORED]
    others = sum(one.file_size for one in entries) - sum(one.file_size for one in packed)
    if any("/code/" not in one.filename for one in packed) or others > file.stat().st_size:
        raise ValueError("it is packed, as torch packs nothing")
    if sum(one.file_size for one in packed) > MOST_SCRIPT_BYTES:
        raise ValueError(f"its script unpacks to more than {MOST_SCRIPT_BYTES // 2**20} MB")


def _whole(member: IO[bytes], size: int, packed: int) -> bytearray:
    """All of a member. size: what the archive says, which grows here only as far as there are bytes."""
    found = bytearray()
    while part := member.read(min(size - len(found), max(packed, 2**20)) or 1):
        found += part
    if len(found) != size:
        raise ValueError("a member of it is not as long as it says")
    return found
