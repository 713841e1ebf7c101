"""Meshes of another face model told in the default model's vertices, so that one network learns from both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.interpolate import RBFInterpolator

from recon.errors import UserError
from recon.faces.model import REGIONS, FaceModel
from recon.faces.outer import outer_skin
from recon.geometry.closest_points import closest_points
from recon.geometry.similarity import fit_similarity

REACH_MM = 1.5  # a vertex that lies no farther from the other model's skin, both as mean heads, is told by it
FEWEST = 0.2  # share of the outer skin's vertices that must be
CENTRES = 400  # told vertices that the others follow


@dataclass(frozen=True, eq=False)
class Transfer:
    """Where the default model's n vertices lie on a mesh of another model with m.

    Attributes:
        mean: (n, 3) float64 mm, the default mean. told: (t,) int64, the vertices that lie on the other's skin.
        corners: (t, 3) int64 vertices of the other, and shares: (t, 3) float64 of each.
        others: (n - t,) int64. centres: (c,) int64, places in `told`; follow: (n - t, c) float64, see `__call__`.
    """

    mean: np.ndarray
    told: np.ndarray
    corners: np.ndarray
    shares: np.ndarray
    others: np.ndarray
    centres: np.ndarray
    follow: np.ndarray

    def __call__(self, places: np.ndarray) -> np.ndarray:
        """places (m, 3) of the other model's vertices, in any right-handed frame and unit -> (n, 3) float64 of the
        default one's.

        On the other's skin they are its own. What it lacks (the back of the head, the neck, the mouth's inside) is the
        mean head's, laid along by a similarity, and moved by what the told ones around were moved, which a smooth field
        (radial, |r|) carries on.
        """
        laid = np.empty_like(self.mean)
        told = np.einsum("tk,tkc->tc", self.shares, places[self.corners])
        similarity = fit_similarity(self.mean[self.told], told)
        moved = told[self.centres] - similarity(self.mean[self.told[self.centres]])
        laid[self.told] = told
        laid[self.others] = similarity(self.mean[self.others]) + self.follow @ moved
        return laid


@lru_cache(maxsize=2)
def transfer(other: FaceModel, default: FaceModel) -> Transfer:
    """From `other`, whose canonical places are the default model's, see `recon.faces.carry_over`.

    Raises:
        UserError: too little of the default head lies on the other.
    """
    low, high = default.canonical_box_mm.double().numpy()
    skin = other.canonical.double().numpy() * (high - low) + low  # its mean head, brought onto the default one
    mean, eyes = default.mean.double().numpy(), default.region.numpy() == REGIONS.index("eyes")
    outer = outer_skin(default)
    candidates = np.union1d(np.unique(outer), np.flatnonzero(eyes))
    triangles = other.triangles.numpy().astype(np.int64)
    found = closest_points(mean[candidates], skin, triangles)
    near = found.distance < REACH_MM
    if near.sum() < FEWEST * len(candidates):
        raise UserError(f"the face model '{other.name}' covers too little of the default head: give a whole face")
    told = candidates[near]
    others = np.setdiff1d(np.arange(len(mean)), told)
    centres = np.arange(0, len(told), max(1, len(told) // CENTRES))
    field = RBFInterpolator(mean[told[centres]], np.eye(len(centres)), kernel="linear", degree=0)
    return Transfer(
        mean, told, triangles[found.triangle[near]], found.barycentric[near], others, centres, field(mean[others])
    )
