"""A small dataset of several shards, and what can go wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.faces import load
from recon.synthesis import produce
from recon.synthesis.scene import SceneConfig
from recon.synthesis.schema import record_schema
from recon.synthesis.shards import Rows, write_shard
from synth2real.dataset.checksums import FILE, write_checksums
from synth2real.dataset.make import make_renders

COUNT, SIZE, OF_SHARD = 20, 32, 8
FIRST, SECOND, THIRD = (f"data/train-{number:05d}.parquet" for number in range(3))


def small_renders(out: Path) -> Path:
    """20 renders in three shards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(produce, "RECORDS_PER_SHARD", OF_SHARD)
        make_renders(out, COUNT, scene=SceneConfig(), size=SIZE, seed=3, workers=1)
    return out


def rewrite(folder: Path, file: str, change, checksums: bool = True) -> None:
    """Put the rows of a shard through `change` (list -> list). checksums: as one would who hides it."""
    rows = change(list(Rows([folder / file])))
    write_shard(folder / file, record_schema(load("default")), rows)
    if checksums:
        (folder / FILE).unlink()
        write_checksums(folder)


def flip(path: Path, place: float) -> None:
    """Turn one bit over, at this share of the file."""
    whole = bytearray(path.read_bytes())
    whole[int(place * len(whole))] ^= 1
    path.write_bytes(whole)
