"""A face model's atlas as a picture: which point of the mesh each texel shows, and which texels are skin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.geometry.rasterize import interpolate, rasterize
from recon.people.skin.texture import FADE, SIDE
from recon.synthesis.head import prepared

DRAWN = ("lips", "eyes", "brows", "mouth_inside", "teeth", "background")  # what is drawn, not read: lids' rims last
MARGIN = {"lips": 4, "eyes": 4, "brows": 5, "mouth_inside": 4, "teeth": 4, "background": 2}  # texels about them


@dataclass(frozen=True, eq=False)
class AtlasMesh:
    """Attributes:
    ids: (SIDE, SIDE) int32 triangles of the face, points: (n, 3) float32 the vertices on the atlas in texels.
    triangles: (f, 3) int32 of the face. skin: (SIDE, SIDE) bool, texels that are read. occlusion: (SIDE, SIDE, 3)
    float32, ambient light of each colour that arrives. cover: (SIDE, SIDE) uint8 as in `SkinSpace`.
    """

    ids: Tensor
    points: Tensor
    triangles: Tensor
    skin: np.ndarray
    occlusion: np.ndarray
    cover: np.ndarray

    def spread(self, values: Tensor) -> np.ndarray:
        """(SIDE, SIDE, c) float32 of what vertices (n, c) have, 0 beyond the face."""
        return interpolate(self.ids, self.points, self.triangles, values.float().contiguous()).numpy()


@lru_cache(maxsize=2)
def atlas_mesh(model: FaceModel) -> AtlasMesh:
    """The atlas of a model."""
    triangles = model.triangles[model.face].contiguous()
    uv = torch.nan_to_num(model.uv)
    points = torch.stack([uv[:, 0] * SIDE, (1 - uv[:, 1]) * SIDE, torch.ones(len(uv))], 1).contiguous()
    ids = rasterize(points, triangles, SIDE, SIDE)
    covered = ids.numpy() >= 0
    corners = model.region.numpy()[triangles.numpy()[ids.numpy().clip(min=0)]]
    drawn = np.zeros((SIDE, SIDE), bool)
    for name in DRAWN:
        here = (corners == REGIONS.index(name)).any(-1) & covered
        margin = 2 * MARGIN[name] + 1
        drawn |= cv2.dilate(here.astype(np.uint8), np.ones((margin, margin), np.uint8)) > 0
    mesh = AtlasMesh(ids, points, triangles, covered & ~drawn & eyeless(drawn, covered), np.zeros(0), np.zeros(0))
    occlusion = mesh.spread(prepared(model).occlusion)
    return AtlasMesh(ids, points, triangles, mesh.skin, occlusion, cover_of(covered))


def eyeless(drawn: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE) bool: not a hole of the atlas, such as the mouth's, nor beside one."""
    holes = cv2.dilate((~covered).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return ~(holes & ~drawn) | drawn


def cover_of(covered: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE) uint8: 255 but near the atlas' outer border, where it falls to 0."""
    outer = cv2.morphologyEx(covered.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((61, 61), np.uint8))
    inward = cv2.distanceTransform(np.pad(outer, 1), cv2.DIST_L2, 5)[1:-1, 1:-1] / (FADE * SIDE)
    share = np.clip(inward, 0, 1)
    return np.round(255 * share**2 * (3 - 2 * share)).astype(np.uint8)
