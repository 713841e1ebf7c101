"""Networks whose answers are known: one that looks up the truth or adds noise to it, and a blind one."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from recon.methods.base import FaceGeometry
from recon.synthesis.record import Record
from tests.fakes import MapsReconstructor, of_maps

Truth = tuple[np.ndarray, np.ndarray, np.ndarray]  # mask (S, S), position and correspondence (S, S, 3)


class Oracle(MapsReconstructor):
    """Answers prepared truths, in the order in which it is asked."""

    def __init__(self, truths: list[Truth], scale: float = 1.0, noise_mm: float = 0.0):
        super().__init__()
        self.truths, self.scale, self.noise_mm, self.asked = truths, scale, noise_mm, 0

    def predict(self, image: Tensor) -> FaceGeometry:
        chosen = self.truths[self.asked : self.asked + len(image)]
        self.asked += len(image)
        mask, position, places = (torch.as_tensor(np.nan_to_num(np.stack(maps))) for maps in zip(*chosen, strict=True))
        noise = torch.randn(position.shape, generator=torch.manual_seed(0)) * self.noise_mm
        position = self.scale * (position + noise)
        return of_maps(mask[:, None].float(), position.permute(0, 3, 1, 2), places.permute(0, 3, 1, 2))


class Blind(MapsReconstructor):
    """Sees no face anywhere."""

    def predict(self, image: Tensor) -> FaceGeometry:
        return of_maps(torch.zeros_like(image[:, :1]), torch.zeros_like(image), torch.zeros_like(image))


def truths(records: list[Record]) -> list[Truth]:
    return [(record.mask, record.position_mm, record.correspondence) for record in records]
