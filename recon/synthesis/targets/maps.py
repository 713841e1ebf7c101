"""Maps of the face: mask, places, correspondence, normals at each pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from recon.faces.parsing import CLASS_OF_REGION
from recon.synthesis.record import Record
from recon.synthesis.targets.base import image_of


@dataclass(frozen=True)
class MapsTarget:
    """rgb (3, S, S) float [0, 1]; mask (1, S, S) float 0/1; position_mm, correspondence in [0, 1] and unit normals
    (3, S, S) float, 0 outside the mask.

    size: px, S. amodal: labels of the whole face, also under hair, glasses and other things, instead of its visible
    pixels'; normals stay those of what is seen, and visible (1, S, S) float 0/1 tells its visible pixels. parser: also
    classes (1, S, S) float, codes of `recon.faces.parsing.CLASSES`, and amodal_mask (1, S, S) float 0/1. coarser: all
    but rgb have S / coarser pixels a side, each the mean of those that it holds (of classes, the most frequent), masked
    where half of them are. Of a record whose maps are that coarse already, they are taken as they are.
    """

    size: int
    amodal: bool = False
    parser: bool = False
    coarser: int = 1
    maps: ClassVar = ("mask", "position_mm", "correspondence")  # those that have an amodal version

    @property
    def fields(self) -> tuple[str, ...]:
        told = (*(("region", "amodal_mask") if self.parser else ()), *(("mask",) if self.amodal else ()))
        return ("rgb", "normals", *told, *(self._field(name) for name in self.maps))

    def __call__(self, record: Record) -> dict[str, Tensor]:
        mask = getattr(record, self._field("mask"))
        share = self._mean(mask[..., None].astype(np.float32))  # of each coarse pixel's
        found = share >= 0.5

        def inside(values: np.ndarray) -> Tensor:
            kept = np.where(mask[..., None] & np.isfinite(values), values, np.float32(0)) + np.float32(0)  # no -0
            kept = self._mean(kept) / np.maximum(share, np.float32(0.5)) * found
            return torch.from_numpy(np.ascontiguousarray(np.moveaxis(kept, -1, 0), np.float32))

        told = {}
        if self.amodal:
            told["visible"] = self._mostly(record.mask)
        if self.parser:
            told["classes"] = torch.from_numpy(self._most_frequent(CLASS_OF_REGION[record.region]))
            told["amodal_mask"] = self._mostly(record.amodal_mask)
        return {
            **told,
            "rgb": image_of(record),
            "mask": torch.from_numpy(found[..., 0][None].astype(np.float32)),
            "position_mm": inside(getattr(record, self._field("position_mm"))),
            "correspondence": inside(getattr(record, self._field("correspondence"))),
            "normals": inside(record.normals),
        }

    def _parts(self, values: np.ndarray) -> list[np.ndarray]:
        """(S, S, ...) -> coarser^2 times (S / coarser, S / coarser, ...): one pixel of each coarse one."""
        step = len(values) * self.coarser // self.size
        return [values[row::step, column::step] for row in range(step) for column in range(step)]

    def _mean(self, values: np.ndarray) -> np.ndarray:
        """(S, S, k) -> (S / coarser, S / coarser, k): over the pixels of each coarse one."""
        first, *others = self._parts(values)
        total = first.copy()
        for part in others:
            total += part
        return total / np.float32(1 + len(others))

    def _mostly(self, mask: np.ndarray) -> Tensor:
        """(S, S) bool -> (1, S / coarser, S / coarser) float 0/1."""
        share = self._mean(mask[..., None].astype(np.float32))
        return torch.from_numpy((share[..., 0] >= 0.5)[None].astype(np.float32))

    def _most_frequent(self, codes: np.ndarray) -> np.ndarray:
        """(S, S) -> (1, S / coarser, S / coarser) float32."""
        parts = self._parts(codes)
        votes = [sum((part == other).astype(np.uint8) for other in parts) for part in parts]
        winner, most = parts[0].astype(np.float32), votes[0]
        for part, count in zip(parts[1:], votes[1:], strict=True):
            winner, most = np.where(count > most, part, winner), np.maximum(count, most)
        return winner[None].astype(np.float32)

    def _field(self, name: str) -> str:
        return f"amodal_{name}" if self.amodal else name
