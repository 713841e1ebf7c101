"""Batches = sources x target: records drawn from weighted sources, moved, and turned into what a method learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recon.faces import load
from recon.faces.symmetry import Symmetry, symmetry_of
from recon.synthesis.placement import MODELS_OWN, Placement, PlacementConfig, draw_placement, placed
from recon.synthesis.record import Record
from recon.synthesis.source import Source
from recon.synthesis.targets import Target

Batch = dict[str, Tensor]
STILL = Placement()


@dataclass(frozen=True)
class Batches:
    """`batches(step)`: a batch that depends on (seed, step) alone.

    Each batch holds of every source its share, rounded up or down at random so that the mean is exact; records are
    drawn with equal probability, and moved as `placement` says.
    """

    sources: Sequence[Source]
    weights: Sequence[float]
    target: Target
    placement: PlacementConfig
    size: int
    seed: int

    def __call__(self, step: int) -> Batch:
        rng = np.random.default_rng([self.seed, step])
        edges = np.cumsum(self.weights) / np.sum(self.weights)
        chosen = np.searchsorted(edges, (np.arange(self.size) + rng.random()) / self.size, side="right")
        numbers = [int(rng.integers(len(self.sources[k]))) for k in chosen.clip(0, len(self.sources) - 1)]
        placements = [draw_placement(rng, self.placement) for _ in numbers]
        records = (self.sources[k].record(n, self.target.fields) for k, n in zip(chosen, numbers, strict=True))
        moved = [
            placed(record, placement, self.target.size, self._symmetry(record) if placement.mirror else None)
            for record, placement in zip(records, placements, strict=True)
        ]
        return collated([self.target(record) for record in moved])

    def _symmetry(self, record: Record) -> Symmetry | None:
        sided = any(name in self.target.fields for name in MODELS_OWN)
        return symmetry_of(load(record.model)) if sided else None


def first_batches(source: Source, target: Target, size: int) -> list[Batch]:
    """All of a source's records in order, `size` a batch, as they are: for evaluations. Needs `size` records."""
    batches = []
    for start in range(0, len(source) - size + 1, size):
        records = (source.record(number, target.fields) for number in range(start, start + size))
        batches.append(collated([target(placed(record, STILL, target.size)) for record in records]))
    return batches


def collated(samples: Sequence[dict[str, Tensor]]) -> Batch:
    """Samples as one batch: a first dimension more."""
    return {name: torch.stack([sample[name] for sample in samples]) for name in samples[0]}
