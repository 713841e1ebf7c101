"""A position map read at the vertices of the face model whose atlas it is over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from recon.faces import load
from recon.faces.atlas_map import atlas_map, landmark_pixels

TOPOLOGY = "default"
"""The face model whose atlas the maps are over."""


@dataclass(frozen=True, eq=False)
class Reading:
    """Where a model's vertices lie in a map of `size` px: bilinearly between four pixels, a landmark in its own.

    (`AtlasMap.at_vertices`, the exact inverse, would amplify a network's noise where a vertex has no pixel of its own.)

    Attributes:
        vertices: (k,) int64 ids of those of the atlas. landmarks: (68,) int64, which of the k they are.
        corners: (k, 4) int64 row * size + column. shares: (k, 4) float32, sum 1.
    """

    size: int
    vertices: Tensor
    landmarks: Tensor
    corners: Tensor
    shares: Tensor

    def __call__(self, maps: Tensor) -> Tensor:
        """maps (B, c, size, size) float -> (B, k, c), differentiable."""
        around = maps.flatten(2)[:, :, self.corners.to(maps.device)]  # (B, c, k, 4)
        return (around * self.shares.to(maps)).sum(-1).transpose(1, 2)


@lru_cache(maxsize=8)
def reading_of(size: int) -> Reading:
    """The reading of maps of `size` px over TOPOLOGY's atlas."""
    model = load(TOPOLOGY)
    grid, landmarks = atlas_map(model, size), model.landmarks.numpy()
    off = grid.places[grid.vertices] - 0.5
    low = np.floor(off).clip(0, size - 2).astype(np.int64)
    (x, y), (left, top) = (off - low).T, low.T
    corners = np.stack([(top + down) * size + left + right for down in (0, 1) for right in (0, 1)], 1)
    shares = np.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y], 1)
    number = np.searchsorted(grid.vertices, landmarks)
    pixels, which = landmark_pixels(grid.places[landmarks], size)
    for landmark in np.unique(which):
        own = pixels[which == landmark]  # two where it lies on the middle line
        corners[number[landmark]] = own[np.arange(4) % len(own)]
        shares[number[landmark]] = 1 / 4
    ids, marks, around = (torch.from_numpy(values) for values in (grid.vertices, number, corners))
    return Reading(size, ids, marks, around, torch.from_numpy(shares).float())
