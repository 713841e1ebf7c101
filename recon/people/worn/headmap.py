"""A drawn head as seen from its middle: places over (polar angle, azimuth), for what is worn around the skull.

The map's lattice belongs to a model (cached); carrying it to a drawn head is one gather, so what is designed on the
map rides on the head. Polar angle 0 is up; azimuth 0 is ahead, a quarter turn is the head's left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, grey_dilation
from torch import Tensor

from recon.faces.model import FaceModel
from recon.geometry.closest_points import closest_points
from recon.people.worn.clearance import INSIDE, ears_of, template_places, triangles_within

MIDDLE_MM = np.array([0.0, 20.0, -75.0])  # of the skull, on the template
ROWS, COLUMNS = 45, 72
POLAR = np.linspace(0, np.radians(165), ROWS)
AZIMUTH = np.arange(COLUMNS) * 2 * np.pi / COLUMNS


@dataclass(frozen=True)
class HeadMap:
    """place (ROWS, COLUMNS, 3) mm on the drawn head without ears; ears (ROWS, COLUMNS) mm that the ears stand out
    over it; template (ROWS, COLUMNS, 3) the same lattice on the template."""

    place: np.ndarray
    ears: np.ndarray
    template: np.ndarray

    def at(self, polar: np.ndarray, azimuth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bilinear place (..., 3) and ears (...) at angles (...) in radians."""
        row = np.clip(polar / POLAR[1], 0, ROWS - 1.001)
        column = (azimuth / AZIMUTH[1]) % COLUMNS
        i, j = row.astype(int), column.astype(int) % COLUMNS
        after = (j + 1) % COLUMNS
        down, right = row - i, column - np.floor(column)
        weights = [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right]
        corners = [(i, j), (i, after), (i + 1, j), (i + 1, after)]
        place = sum(w[..., None] * self.place[corner] for w, corner in zip(weights, corners, strict=True))
        ears = sum(w * self.ears[corner] for w, corner in zip(weights, corners, strict=True))
        return np.asarray(place), np.asarray(ears)

    def polar_at_height(self, height_mm: np.ndarray) -> np.ndarray:
        """(COLUMNS,) polar angles at which the template comes down to heights (COLUMNS,)."""
        y = np.minimum.accumulate(self.template[..., 1], 0)
        below = np.clip((y > height_mm).sum(0), 1, ROWS - 1)
        columns = np.arange(COLUMNS)
        above, under = y[below - 1, columns], y[below, columns]
        share = np.clip((above - height_mm) / np.maximum(above - under, 1e-6), 0, 1)
        return POLAR[below - 1] + share * POLAR[1]


def head_map(model: FaceModel, vertices: Tensor) -> HeadMap:
    """The map of a drawn head, vertices (n, 3) mm."""
    lattice = lattice_of(model)
    moved = (vertices - template_places(model)).numpy()
    place = lattice.template + np.einsum("rck,rckd->rcd", lattice.weights, moved[lattice.corners])
    ears = np.zeros((ROWS, COLUMNS))
    away = vertices.numpy()[lattice.ears] - MIDDLE_MM
    radius = np.linalg.norm(place - MIDDLE_MM, axis=-1)[lattice.ear_row, lattice.ear_column]
    np.maximum.at(ears, (lattice.ear_row, lattice.ear_column), np.linalg.norm(away, axis=1) - radius)
    ears = gaussian_filter(grey_dilation(ears, (3, 3), mode="wrap"), 0.8, mode="wrap")
    return HeadMap(place, ears, lattice.template)


@dataclass(frozen=True)
class Lattice:
    """What a model knows of its map: corners (R, C, 3) vertex ids and weights under each place, the template's places,
    ear vertices (k,) and the cells that they are seen in."""

    corners: np.ndarray
    weights: np.ndarray
    template: np.ndarray
    ears: np.ndarray
    ear_row: np.ndarray
    ear_column: np.ndarray


@lru_cache(maxsize=4)
def lattice_of(model: FaceModel) -> Lattice:
    place = template_places(model).double().numpy()
    away = place - MIDDLE_MM
    radius = np.linalg.norm(away, axis=1)
    polar, azimuth = np.meshgrid(POLAR, AZIMUTH, indexing="ij")
    ray = np.stack([np.sin(polar) * np.sin(azimuth), np.cos(polar), np.sin(polar) * np.cos(azimuth)], -1)
    triangles = triangles_within(
        model, (-200.0, -260.0, -260.0), (200.0, 200.0, 80.0), (*INSIDE, "ears", "eyes", "background")
    ).numpy()
    seen = closest_points(ray.reshape(-1, 3), away / radius[:, None], triangles)
    corners = triangles[seen.triangle].reshape(ROWS, COLUMNS, 3)
    weights = seen.barycentric.reshape(ROWS, COLUMNS, 3)
    reach = gaussian_filter((weights * radius[corners]).sum(-1), (0.5, 0.5), mode=cast(Any, ("nearest", "wrap")))
    ears = torch.nonzero(ears_of(model))[:, 0].numpy()
    ear_row = np.arccos(away[ears, 1] / radius[ears]) / POLAR[1]
    ear_column = np.arctan2(away[ears, 0], away[ears, 2]) / AZIMUTH[1]
    return Lattice(
        corners,
        weights,
        MIDDLE_MM + ray * reach[..., None],
        ears,
        np.clip(np.rint(ear_row).astype(int), 0, ROWS - 1),
        np.rint(ear_column).astype(int) % COLUMNS,
    )
