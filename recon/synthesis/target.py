"""What a method learns from a record, as tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from recon.synthesis.record import Record


class Target(Protocol):
    """`target(record)`: the tensors of one sample, without the batch's dimension, `rgb` (3, S, S) among them.

    It commutes with `recon.synthesis.placement.placed`: a moved record gives the moved target.

    Attributes:
        size: px, the side of the record that it wants. fields: the fields of `Record` that it reads.
    """

    @property
    def size(self) -> int: ...

    @property
    def fields(self) -> tuple[str, ...]: ...

    def __call__(self, record: Record) -> dict[str, Tensor]: ...


@dataclass(frozen=True)
class MapsTarget:
    """rgb (3, S, S) float [0, 1]; mask (1, S, S) float 0/1; position_mm, correspondence in [0, 1] and unit normals
    (3, S, S) float, 0 outside the mask.

    size: px, S. amodal: labels of the whole face, also under hair, glasses and other things, instead of its visible
    pixels'; normals stay those of what is seen, and visible (1, S, S) float 0/1 tells its visible pixels.
    """

    size: int
    amodal: bool = False
    maps: ClassVar = ("mask", "position_mm", "correspondence")  # those that have an amodal version

    @property
    def fields(self) -> tuple[str, ...]:
        return ("rgb", "normals", *(["mask"] if self.amodal else []), *(self._field(name) for name in self.maps))

    def __call__(self, record: Record) -> dict[str, Tensor]:
        mask = getattr(record, self._field("mask"))

        def inside(values: np.ndarray) -> Tensor:
            kept = np.where(mask[..., None] & np.isfinite(values), values, np.float32(0)) + np.float32(0)  # no -0
            return torch.from_numpy(np.ascontiguousarray(np.moveaxis(kept, -1, 0), np.float32))

        visible = {"visible": torch.from_numpy(record.mask[None].astype(np.float32))} if self.amodal else {}
        return visible | {
            "rgb": torch.from_numpy(np.moveaxis(record.rgb, -1, 0).copy()).float() / 255,
            "mask": torch.from_numpy(mask[None].astype(np.float32)),
            "position_mm": inside(getattr(record, self._field("position_mm"))),
            "correspondence": inside(getattr(record, self._field("correspondence"))),
            "normals": inside(record.normals),
        }

    def _field(self, name: str) -> str:
        return f"amodal_{name}" if self.amodal else name


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
        return {"rgb": torch.from_numpy(np.moveaxis(record.rgb, -1, 0).copy()).float() / 255, **numbers}


@dataclass(frozen=True)
class HeatMapTarget:
    """rgb (3, S, S) float [0, 1] and heat_maps (68, S, S) float: of each landmark a Gaussian of height 1, centred to a
    part of a pixel, with a standard deviation of `sigma_px`; hidden landmarks too.
    """

    size: int
    sigma_px: float = 1.0

    @property
    def fields(self) -> tuple[str, ...]:
        return ("rgb", "landmarks_px")

    def __call__(self, record: Record) -> dict[str, Tensor]:
        line = torch.arange(self.size) + 0.5
        across, down = torch.from_numpy(np.asarray(record.landmarks_px, np.float32)).unbind(1)
        squared = (line - across[:, None]).square()[:, None, :] + (line - down[:, None]).square()[:, :, None]
        heat = torch.exp(-squared / (2 * self.sigma_px**2))
        return {"rgb": torch.from_numpy(np.moveaxis(record.rgb, -1, 0).copy()).float() / 255, "heat_maps": heat}
