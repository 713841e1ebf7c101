"""A job whose rows cost nothing, and a script that runs it; free of torch, so that workers start at once."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recon.synthesis.codecs import MM, Numbers, Scalar, image_to_column
from recon.synthesis.column import Column, Schema
from recon.synthesis.job import Stage
from recon.synthesis.produce import produce

SCHEMA = Schema(
    (
        Column("index", "index", Scalar("int64"), (), "", ""),
        Column("picture", "picture", MM, ("S", "S"), "mm", ""),
        Column("vertices_mm", "vertices_mm", Numbers("float32"), (3, 3), "mm", ""),
    )
)


@dataclass(frozen=True)
class FakeJob:
    """Rejects every index divisible by `reject`, and sleeps so that a test can kill it in time."""

    seed: int = 0
    reject: int = 0
    pause_s: float = 0.0

    def schema(self):
        return SCHEMA

    def manifest(self):
        return {"seed": self.seed, "config": {"reject": self.reject}}

    def stages(self):
        return (Stage("fake", self.open),)

    def open(self):
        return self._rows

    def _rows(self, indices: range):
        time.sleep(self.pause_s)
        return [None if self._rejects(i) else _row(i, self.seed) for i in indices]

    def _rejects(self, index: int) -> bool:
        return bool(self.reject) and index % self.reject == 0


def _row(index: int, seed: int):
    values = np.random.default_rng((seed, index)).integers(13, 65523, (16, 16), dtype=np.uint16)
    return {"index": index, "picture": image_to_column(values), "vertices_mm": values[:3, :3].astype(np.float32)}


if __name__ == "__main__":
    produce(FakeJob(reject=3, pause_s=0.05), int(sys.argv[2]), Path(sys.argv[1]), workers=2)
