"""A real scan, a coloured 3D face that no morphable model made, and where the mean face lies in it.

The true pose: a similarity from the inner landmarks that are known, refined by closest points. (All 68 would tilt the
mean by 5 degrees and raise its error: two markups put the jaw line at different depths.)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import KDTree

from recon.errors import UserError
from recon.faces.model import FaceModel
from recon.geometry.closest_points import closest_points
from recon.geometry.similarity import Similarity, fit_similarity

OUTER_EYES, INNER = (36, 45), slice(17, 68)  # of the 68
REFINEMENTS = 20
OFF_SURFACE_MM = 10.0  # the median of landmarks that are a scan's own is less
EYES_APART_MM = (55.0, 140.0)  # the outer corners, of anybody
UNITS_MM = (1.0, 10.0, 1000.0)  # of a mm, cm and metre


@dataclass(frozen=True)
class Scan:
    """vertices (n, 3) float64 mm, y up; triangles (f, 3) int32; landmarks (68, 3) mm in the Multi-PIE order, NaN where
    unknown; the outer eye corners are known.

    Painted by a texture (H, W, 3) uint8 and uv (n, 2), v up; or, where they are None, by colours (n, 3) uint8.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray | None
    texture: np.ndarray | None
    landmarks: np.ndarray
    colours: np.ndarray | None = None


def in_mm(scan: Scan, file: Path) -> Scan:
    """The scan in mm, whether its unit is the mm, cm or metre: told from how far apart the outer eye corners are.

    Raises:
        UserError: none of these makes it a face, or the landmarks lie off its surface.
    """
    apart = float(np.linalg.norm(np.subtract(*scan.landmarks[list(OUTER_EYES)])))
    for unit in UNITS_MM:
        if EYES_APART_MM[0] <= apart * unit <= EYES_APART_MM[1]:
            vertices, landmarks = scan.vertices * unit, scan.landmarks * unit
            inner = landmarks[INNER][np.isfinite(landmarks[INNER]).all(1)]
            off = float(np.median(KDTree(vertices).query(inner)[0]))
            if off > OFF_SURFACE_MM:
                raise UserError(f"{file}: its landmarks lie {off:.0f} mm off its surface: are they in its own frame?")
            return Scan(vertices, scan.triangles, scan.uv, scan.texture, landmarks, scan.colours)
    raise UserError(f"{file}: its outer eye corners are {apart:g} apart, in no unit those of a face: check landmarks")


def fit_mean_face(scan: Scan, model: FaceModel) -> Similarity:
    """The similarity from the model's frame to the scan's that lays its mean face on the scan."""
    mean = model.mean.numpy().astype(np.float64)
    face = mean[np.unique(model.triangles.numpy()[model.face.numpy()])[::4]]
    known = np.flatnonzero(np.isfinite(scan.landmarks).all(1))
    inner = known[known >= INNER.start]
    pose = fit_similarity(mean[model.landmarks.numpy()[inner]], scan.landmarks[inner])
    centroids = KDTree(scan.vertices[scan.triangles].mean(1))
    for _ in range(REFINEMENTS):
        found = closest_points(pose(face), scan.vertices, scan.triangles, centroids=centroids)
        kept = found.distance <= np.percentile(found.distance, 90)
        pose = fit_similarity(face[kept], found.point[kept])
    return pose
