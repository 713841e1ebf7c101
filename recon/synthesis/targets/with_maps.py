"""What a method learns, and beside it the maps of what the image shows."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from recon.synthesis.record import Record
from recon.synthesis.targets.base import Target
from recon.synthesis.targets.maps import MapsTarget


@dataclass(frozen=True)
class WithMaps:
    """The tensors of `target`, and those of `MapsTarget` for who changes images by what they show (photos' skin)."""

    target: Target

    @property
    def size(self) -> int:
        return self.target.size

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.target.fields, *MapsTarget(self.size).fields)))

    def __call__(self, record: Record) -> dict[str, Tensor]:
        return {**MapsTarget(self.size)(record), **self.target(record)}
