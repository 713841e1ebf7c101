"""What a method that renders its own answer is held to: the image, the 68 landmarks and where skin is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recon.faces import load
from recon.faces.model import REGIONS
from recon.synthesis.record import Record
from recon.synthesis.targets.base import image_of
from recon.synthesis.targets.skin_height import skin_height

SKIN = tuple(REGIONS.index(name) for name in ("skin", "lips", "brows"))

CODES = ("identity", "expression")


@dataclass(frozen=True)
class SkinTarget:
    """rgb (3, S, S) float [0, 1]; landmarks_px (68, 2) float, hidden ones too; mask (1, S, S) float 0/1, where skin,
    lips or brows of the face region are seen, not eyes, mouth, hair or things. size: px, S.

    With `model`, the name of a face model, also its identity (k,) and expression (e,), float; NaN where a record knows
    none of it. With `height_px` as well, also the height of furrows over its texture, height (1, T, T) float mm, see
    `skin_height`.
    """

    size: int
    model: str | None = None
    height_px: int | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        return ("rgb", "mask", "region", "landmarks_px", *(CODES if self.model else ()))

    def __call__(self, record: Record) -> dict[str, Tensor]:
        seen = record.mask & np.isin(record.region, SKIN)
        told = {name: self._codes(record, name) for name in CODES if self.model}
        if self.model and self.height_px:
            told["height"] = skin_height(record, self.model, self.height_px)
        return {
            **told,
            "rgb": image_of(record),
            "landmarks_px": torch.from_numpy(np.array(record.landmarks_px, np.float32)),
            "mask": torch.from_numpy(seen[None].astype(np.float32)),
        }

    def _codes(self, record: Record, name: str) -> Tensor:
        count = len(getattr(load(self.model or ""), f"{name}_basis"))
        values = getattr(record, name)
        if record.model != self.model or len(values) != count:
            return torch.full((count,), torch.nan)
        return torch.from_numpy(np.array(values, np.float32))
