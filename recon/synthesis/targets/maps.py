"""Maps of the face: mask, places, correspondence, normals at each pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from recon.synthesis.record import Record
from recon.synthesis.targets.base import image_of


@dataclass(frozen=True)
class MapsTarget:
    """rgb (3, S, S) float [0, 1]; mask (1, S, S) float 0/1; position_mm, correspondence in [0, 1] and unit normals
    (3, S, S) float, 0 outside the mask.

    size: px, S. amodal: labels of the whole face, also under hair, glasses and other things, instead of its visible
    pixels'; normals stay those of what is seen.
    """

    size: int
    amodal: bool = False
    maps: ClassVar = ("mask", "position_mm", "correspondence")  # those that have an amodal version

    @property
    def fields(self) -> tuple[str, ...]:
        return ("rgb", "normals", *(self._field(name) for name in self.maps))

    def __call__(self, record: Record) -> dict[str, Tensor]:
        mask = getattr(record, self._field("mask"))

        def inside(values: np.ndarray) -> Tensor:
            kept = np.where(mask[..., None] & np.isfinite(values), values, np.float32(0)) + np.float32(0)  # no -0
            return torch.from_numpy(np.ascontiguousarray(np.moveaxis(kept, -1, 0), np.float32))

        return {
            "rgb": image_of(record),
            "mask": torch.from_numpy(mask[None].astype(np.float32)),
            "position_mm": inside(getattr(record, self._field("position_mm"))),
            "correspondence": inside(getattr(record, self._field("correspondence"))),
            "normals": inside(record.normals),
        }

    def _field(self, name: str) -> str:
        return f"amodal_{name}" if self.amodal else name
