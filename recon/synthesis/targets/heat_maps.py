"""The 68 landmarks as Gaussians in as many channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recon.synthesis.record import Record
from recon.synthesis.targets.base import image_of


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
        return {"rgb": image_of(record), "heat_maps": heat}
