"""Arrays that take long to make, kept in the user's cache folder as npz files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from recon.arrays import read_npz
from recon.errors import UserError
from recon.files import whole_file

Arrays = dict[str, np.ndarray]


def cached(name: str, make: Callable[[], Arrays]) -> Arrays:
    """The arrays of `name`.npz in the cache folder, made and stored (atomically) the first time."""
    file = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "synth2real" / f"{name}.npz"
    try:
        return read_npz(file)
    except (OSError, ValueError):  # not there, or spoilt: make it anew
        arrays = make()
    try:
        with whole_file(file) as temporary, temporary.open("wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]
    except (OSError, UserError):
        pass  # a cache that can't be written costs time, not the result
    return arrays


def digest(*arrays: np.ndarray) -> str:
    """16 hexadecimal digits that tell arrays from others."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]
