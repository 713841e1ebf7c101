"""Batches = sources x target: records drawn from weighted sources, moved, and turned into what a method learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from recon.faces import load
from recon.faces.symmetry import Symmetry, symmetry_of
from recon.synthesis.placement import MODELS_OWN, Placement, PlacementConfig, draw_placement, placed
from recon.synthesis.record import Record
from recon.synthesis.source import Source
from recon.synthesis.targets import MapsTarget, Target

Batch = dict[str, Tensor]
STILL = Placement()


@dataclass(frozen=True)
class Batches:
    """`batches(step)`: a batch that depends on (seed, step) alone.

    Each batch holds of every source its share, rounded up or down at random so that the mean is exact; records are
    drawn with equal probability, and moved as `placement` says.

    With `shots` above 1, so many records of one person follow each other, other people's where the source has fewer
    of this one, and the batch says whose each is: person (size,) int64. A person is mirrored in all of them or in none.
    who (size,) int64 says it beyond the batch: 0 to people - 1, over all sources.
    """

    sources: Sequence[Source]
    weights: Sequence[float]
    target: Target
    placement: PlacementConfig
    size: int
    seed: int
    shots: int = 1

    def __call__(self, step: int) -> Batch:
        rng = np.random.default_rng([self.seed, step])
        edges = np.cumsum(self.weights) / np.sum(self.weights)
        groups = self.size // self.shots
        chosen = np.searchsorted(edges, (np.arange(groups) + rng.random()) / groups, side="right")
        chosen = chosen.clip(0, len(self.sources) - 1).repeat(self.shots)
        if self.shots > 1:
            numbers, person = self._people(rng, chosen)
        else:
            numbers, person = [int(rng.integers(len(self.sources[k]))) for k in chosen], np.arange(self.size)
        placements = [draw_placement(rng, self.placement) for _ in numbers]
        placements = [
            replace(one, mirror=placements[first].mirror) for one, first in zip(placements, person, strict=True)
        ]
        records = (self.sources[k].record(n, self.target.fields) for k, n in zip(chosen, numbers, strict=True))
        coarser = self.target.coarser if isinstance(self.target, MapsTarget) else 1
        moved = [
            placed(record, placement, self.target.size, self._symmetry(record) if placement.mirror else None, coarser)
            for record, placement in zip(records, placements, strict=True)
        ]
        batch = collated([self.target(record) for record in moved])
        if self.shots == 1:
            return batch
        who = [self._who[k][n] for k, n in zip(chosen, numbers, strict=True)]
        return {**batch, "person": torch.from_numpy(person), "who": torch.tensor(who)}

    def _people(self, rng: np.random.Generator, chosen: np.ndarray) -> tuple[list[int], np.ndarray]:
        """Numbers of records in the sources `chosen` (size,), and for each the place of the first one of its person."""
        numbers, person = [], []
        for first in range(0, len(chosen) - self.shots + 1, self.shots):
            pictures = self._pictures[chosen[first]]
            number = int(rng.integers(len(pictures)))
            others = np.setdiff1d(pictures[number], number)
            others = rng.permutation(others)[: self.shots - 1].tolist()
            strangers = [int(rng.integers(len(pictures))) for _ in range(self.shots - 1 - len(others))]
            numbers += [number, *others, *strangers]
            alone = range(first + 1 + len(others), first + self.shots)
            person += [*[first] * (1 + len(others)), *alone]
        return numbers, np.array(person)

    @cached_property
    def _pictures(self) -> list[list[np.ndarray]]:
        """Of each source and record, the numbers of all pictures of the same person."""
        found = []
        for source in self.sources:
            people = source.people()
            of_person = {int(person): np.flatnonzero(people == person) for person in np.unique(people)}
            found.append([of_person[int(person)] for person in people])
        return found

    @cached_property
    def _who(self) -> list[np.ndarray]:
        """Of each source and record, whose it is, counted over all sources."""
        dense = [np.unique(source.people(), return_inverse=True)[1] for source in self.sources]
        first = np.cumsum([0, *(one.max() + 1 for one in dense)])
        return [one + start for one, start in zip(dense, first, strict=False)]

    def _symmetry(self, record: Record) -> Symmetry | None:
        sided = any(name in self.target.fields for name in MODELS_OWN)
        return symmetry_of(load(record.model)) if sided and record.model else None  # photos know no model


def first_batches(source: Source, target: Target, size: int, shots: int = 1) -> list[Batch]:
    """All of a source's records in order, `size` a batch, as they are: for evaluations. Needs `size` records.

    With `shots` above 1, who (size,) int64 says whose each is.
    """
    batches, who = [], torch.from_numpy(source.people()) if shots > 1 else None
    for start in range(0, len(source) - size + 1, size):
        records = (source.record(number, target.fields) for number in range(start, start + size))
        batch = collated([target(placed(record, STILL, target.size)) for record in records])
        batches.append(batch if who is None else {**batch, "who": who[start : start + size]})
    return batches


def collated(samples: Sequence[dict[str, Tensor]]) -> Batch:
    """Samples as one batch: a first dimension more."""
    return {name: torch.stack([sample[name] for sample in samples]) for name in samples[0]}
