"""Square maps over a face model's atlas: from values at the vertices to pixels, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from scipy import sparse
from scipy.sparse.linalg import SuperLU

from recon.faces.atlas import atlas_of
from recon.faces.model import FaceModel
from recon.geometry.laplacian import factor
from recon.geometry.rasterize import barycentric, rasterize

TETHER = 1e-3  # see `AtlasMap.at_vertices`


@dataclass(frozen=True, eq=False)
class AtlasMap:
    """What each pixel of a square map over an atlas shows.

    Attributes:
        size: px, the map's side S.
        corners: (S * S, 3) int64 ids of the vertices around each pixel's centre, rows from the top.
        weights: (S * S, 3) float64 of these, sum 1. A pixel in which one landmark lies has that landmark's place: they
            are read off a map exactly, though they may lie in folds (the corners of eyes and mouth) narrower than it.
        places: (n, 2) float64 px of the model's n vertices, see `Atlas.places`.
        vertices: (k,) int64 ids of those that have one.
    """

    size: int
    corners: np.ndarray
    weights: np.ndarray
    places: np.ndarray
    vertices: np.ndarray

    def rasterised(self, values: np.ndarray) -> np.ndarray:
        """(n, c) of the model's vertices -> (S, S, c) float64, linear over each triangle; no pixel is empty."""
        return (self._sampling @ values[self.vertices]).reshape(self.size, self.size, -1)

    def at_vertices(self, values: np.ndarray) -> np.ndarray:
        """(S, S, c) -> (n, c) float64 of the model's vertices, NaN for those off the atlas.

        The least-squares inverse of `rasterised`, weakly tethered to what lies bilinearly between the four pixels
        around each vertex: a map that comes from vertices comes again from what is found, and vertices that no pixel
        shows (in the folds of the ears, in the nostrils) take what is around them.
        """
        flat = values.reshape(self.size**2, -1).astype(np.float64)
        found = np.full((len(self.places), flat.shape[1]), np.nan)
        found[self.vertices] = self._factored.solve(self._sampling.T @ flat + TETHER * (self._bilinear @ flat))
        return found

    @cached_property
    def _sampling(self) -> sparse.csr_matrix:
        """(S * S, k): `rasterised`."""
        column = np.full(len(self.places), -1)
        column[self.vertices] = np.arange(len(self.vertices))
        rows = np.repeat(np.arange(self.size**2), 3)
        shape = self.size**2, len(self.vertices)
        return sparse.csr_matrix((self.weights.ravel(), (rows, column[self.corners].ravel())), shape=shape)

    @cached_property
    def _bilinear(self) -> sparse.csr_matrix:
        """(k, S * S): what lies between pixels at the vertices."""
        off = self.places[self.vertices] - 0.5
        low = np.floor(off).clip(0, self.size - 2).astype(int)
        (x, y), (left, top) = (off - low).T, low.T
        shares = [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y]
        around = [(top + down) * self.size + left + right for down in (0, 1) for right in (0, 1)]
        rows, shape = np.tile(np.arange(len(off)), 4), (len(off), self.size**2)
        return sparse.csr_matrix((np.concatenate(shares), (rows, np.concatenate(around))), shape=shape)

    @cached_property
    def _factored(self) -> SuperLU:
        tethered = TETHER * sparse.identity(len(self.vertices))
        return factor(self._sampling.T @ self._sampling + tethered)


@lru_cache(maxsize=8)
def atlas_map(model: FaceModel, size: int) -> AtlasMap:
    """Maps of `size` px over the model's atlas."""
    atlas = atlas_of(model)
    places = np.nan_to_num(atlas.places(size), nan=-1.0)
    points, triangles = torch.from_numpy(np.column_stack([places, np.ones(len(places))])), atlas.triangles
    ids = rasterize(points.float(), torch.from_numpy(triangles), size, size)
    pixels, corners, weights = barycentric(ids, points, torch.from_numpy(triangles))
    if len(pixels) != size**2:
        raise ValueError(f"the atlas of the face model '{model.name}' leaves pixels out at {size} px")
    corners, weights = corners.numpy(), weights.numpy()
    pixel, landmark = landmark_pixels(places[model.landmarks.numpy()], size)
    corners[pixel], weights[pixel] = model.landmarks.numpy()[landmark, None], (1, 0, 0)
    return AtlasMap(size, corners, weights, places, atlas.vertices)


def landmark_pixels(places: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Places (68, 2) -> the pixels (k,), row * size + column, in which one of them lies, and which (k,).

    Those on the middle line between two pixels are in both; those that share a pixel are left out.
    """
    column, row = np.floor(places).astype(int).clip(0, size - 1).T
    pixel = row * size + column
    middle = np.flatnonzero(np.abs(places[:, 0] - size / 2) < 1e-6)
    pixel = np.append(pixel, row[middle] * size + size - 1 - column[middle])
    landmark = np.append(np.arange(len(places)), middle)
    _, which, count = np.unique(pixel, return_inverse=True, return_counts=True)
    alone = count[which] == 1
    return pixel[alone], landmark[alone]
