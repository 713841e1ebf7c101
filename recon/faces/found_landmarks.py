"""The 68 landmarks of a face whose files tell none: where the default model's lie after a fit to its shape alone."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from recon.faces.carry_over import pull_onto
from recon.faces.model import REGIONS, FaceModel
from recon.geometry.closest_points import closest_points
from recon.geometry.similarity import fit_similarity

ROUNDS = 25
SAMPLE = 1500  # vertices that a round of the similarity looks at
KEPT = 0.8  # share of them, the nearest, that it takes: outlines of the two meshes differ
NOSE_TIP = 30  # landmark


def found_landmarks(vertices: np.ndarray, triangles: np.ndarray, template: FaceModel) -> np.ndarray:
    """(68,) ids of the vertices (n, 3) that come nearest to the template's landmarks.

    The face looks along +z with y up, in mm. Its foremost point is laid on the tip of the nose; a similarity by closest
    points and then a smooth alignment follow. Good to a few mm: landmarks that files tell are better.
    """
    target = template.mean.double().numpy()
    face = template.triangles.numpy()[template.face.numpy()]
    marks = target[template.landmarks.numpy()]
    middle = np.abs(vertices[:, 0] - np.median(vertices[:, 0])) < 15
    tip = vertices[middle][vertices[middle, 2].argmax()]
    placed = vertices + marks[NOSE_TIP] - tip
    low, high = target[face].min((0, 1)) - 5, target[face].max((0, 1)) + 5
    for _ in range(ROUNDS):
        near = np.flatnonzero(((placed > low) & (placed < high)).all(1))
        sample = near[:: max(1, len(near) // SAMPLE)]
        found = closest_points(placed[sample], target, face, candidates=4)
        kept = found.distance <= np.quantile(found.distance, KEPT)
        placed = fit_similarity(placed[sample][kept], found.point[kept])(placed)
    inside = np.isin(template.region.numpy(), [REGIONS.index(name) for name in ("mouth_inside", "teeth")])
    outer = template.triangles.numpy()[~inside[template.triangles.numpy()].any(1)]
    aligned = pull_onto(placed, triangles, np.ones(len(placed), bool), target, outer)
    return np.asarray(KDTree(aligned).query(marks)[1]).astype(np.int64)
