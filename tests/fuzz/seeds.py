"""Small valid files: what is spoilt."""

from __future__ import annotations

import io
import random
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from PIL import Image
from scipy.io import savemat

RNG = np.random.default_rng(7)
BEGIN = RNG.bit_generator.state
UNDATED = b"MATLAB 5.0 MAT-file".ljust(116)
TRIANGLES = np.array([[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6, 7]])
PLACES = RNG.normal(0, 40, (80, 3))


@dataclass(frozen=True)
class Seed:
    """target: the file that is spoilt, among `files` by their names. whole: it is read; else it may be refused too."""

    target: str
    files: dict[str, bytes]
    whole: bool = True

    def with_target(self, data: bytes) -> Seed:
        """Spoilt: with the data in place of its target."""
        return Seed(self.target, {**self.files, self.target: data}, False)


@contextmanager
def same_bytes() -> Iterator[None]:
    """What is drawn within is the same each time, as what is pickled of torch."""
    before = random.getstate(), np.random.get_state()
    RNG.bit_generator.state = BEGIN
    with (
        torch.random.fork_rng([]),
        mock.patch.object(torch.storage.TypedStorage, "__reduce__", _without_address),
    ):
        for start in (random.seed, np.random.seed, torch.manual_seed):
            start(7)
        yield
    random.setstate(before[0])
    np.random.set_state(before[1])


def _without_address(storage: Any) -> Any:
    """A storage's pickle, as torch's own, which names it by where it lies in memory."""
    held = io.BytesIO()
    torch.save(storage, held, _use_new_zipfile_serialization=False)
    key = b"X" + len(b"0").to_bytes(4, "little") + b"0"
    return torch.storage._load_from_bytes, (re.sub(rb"X[\x08-\x14]\0\0\0[0-9]{8,20}", key, held.getvalue()),)


def made(*writers: Callable[[Path], Path]) -> list[Seed]:
    """What each writer puts into an empty folder; it says which file is the target."""
    seeds = []
    for write in writers:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            target = write(folder)
            files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
            content = {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
            seeds.append(Seed(target.relative_to(folder).as_posix(), content))
    return seeds


def alone(name: str, data: bytes | str, whole: bool = True) -> Seed:
    return Seed(name, {name: data.encode() if isinstance(data, str) else data}, whole)


def unfit(seeds: Iterable[Seed]) -> list[Seed]:
    """Seeds that may be refused as they are: of the right form, and of the wrong thing."""
    return [replace(seed, whole=False) for seed in seeds]


def png(side: int = 16) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (side, side), "brown").save(held, "PNG")
    return held.getvalue()


def arrays(**values: Any) -> bytes:
    held = io.BytesIO()
    np.savez(held, allow_pickle=False, **values)
    return held.getvalue()


def npy(value: Any, objects: bool = False) -> bytes:
    held = io.BytesIO()
    np.save(held, value, allow_pickle=objects)
    return held.getvalue()


def mat(file: Path, content: dict[str, Any], packed: bool) -> None:
    savemat(file, content, do_compression=packed)
    file.write_bytes(UNDATED + file.read_bytes()[len(UNDATED) :])


def texts(name: str, *contents: str) -> list[Seed]:
    return [alone(name, content) for content in contents]
