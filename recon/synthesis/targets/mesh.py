"""The face as parameters, mesh and landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from recon.synthesis.record import Record
from recon.synthesis.targets.base import image_of


@dataclass(frozen=True)
class MeshTarget:
    """Parameters, mesh, landmarks: rgb (3, S, S) float [0, 1]; identity (k,), expression (e,); vertices_mm (n, 3) and
    landmarks_mm (68, 3), camera frame minus the nasion; rotation (3, 3), translation_mm (3,), focal_px (), centre_px
    (2,); landmarks_px (68, 2) and landmarks_visible (68,) 0/1; all float.
    """

    size: int
    values: ClassVar = ("identity", "expression", "vertices_mm", "landmarks_mm", "rotation", "translation_mm")
    camera: ClassVar = ("focal_px", "centre_px", "landmarks_px", "landmarks_visible")

    @property
    def fields(self) -> tuple[str, ...]:
        return ("rgb", *self.values, *self.camera)

    def __call__(self, record: Record) -> dict[str, Tensor]:
        numbers = {
            name: torch.tensor(np.asarray(getattr(record, name), np.float32)) for name in self.values + self.camera
        }
        return {"rgb": image_of(record), **numbers}
