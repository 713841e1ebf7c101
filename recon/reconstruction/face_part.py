"""Which part of a face model a reconstructed mesh consists of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial import KDTree

from recon.faces.model import REGIONS, FaceModel
from recon.registration.parts import pieces_of

RELIEF_ON = "skin"  # the region whose darkness speaks of relief; lips, brows and eyes are dark of themselves


@dataclass(frozen=True)
class FacePart:
    """The part of a face model that a result consists of.

    Attributes:
        vertices: (p,) int64 ids; triangles: (f, 3) int32 of these. outside: (f,) bool, not the lining of the mouth.
        uv: (p, 2) in [0, 1]. canonical: (p, 3) in the default model's box. relief_on: (p,) 1 where relief may be added,
            else 0.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    outside: np.ndarray
    uv: np.ndarray
    canonical: np.ndarray
    relief_on: np.ndarray


@lru_cache(maxsize=2)
def face_part(model: FaceModel) -> FacePart:
    """The face region, the eyes in it, and the lining of the mouth, so that parted lips show no hole.

    The lining takes the colour of the lips' edge.
    """
    region: np.ndarray = model.region.numpy()
    corners: np.ndarray = model.triangles.numpy()
    textured = np.isfinite(model.uv.numpy()[corners]).all((1, 2))
    eyes = (region[corners] == REGIONS.index("eyes")).all(1)
    outside = (model.face.numpy() | eyes) & textured
    on_face = np.unique(corners[outside])
    skin = pieces_of(corners.astype(np.int64), len(region), on_face)[0]
    places = model.mean.double().numpy()
    lining = np.isin(np.arange(len(region)), skin) & (region == REGIONS.index("mouth_inside"))
    inside = lining[corners].any(1) & ~outside
    part, triangles = np.unique(corners[outside | inside], return_inverse=True)
    triangles = triangles.reshape(-1, 3).astype(np.int32)
    return FacePart(
        vertices=part.astype(np.int64),
        triangles=triangles,
        outside=outside[outside | inside],
        uv=model.uv.numpy()[on_face[KDTree(places[on_face]).query(places[part])[1]]],
        canonical=model.canonical.numpy()[part],
        relief_on=(region[part] == REGIONS.index(RELIEF_ON)).astype(float),
    )
