"""The 68 landmarks of a face whose files tell none: where the default model's lie after a fit to its shape alone."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from recon.faces.carry_over import pull_onto
from recon.faces.model import REGIONS, FaceModel
from recon.geometry.closest_points import closest_points
from recon.geometry.similarity import fit_similarity

ROUNDS = 25
SAMPLE = 1500  # places of the template's face that a round of the similarity looks at
KEPT = 0.8  # share of them, the nearest, that it takes: eyes and nostrils differ from mesh to mesh
NOSE_TIP = 30  # landmark


def found_landmarks(vertices: np.ndarray, triangles: np.ndarray, template: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    """(68,) ids of the vertices (n, 3) nearest to the template's landmarks, and (10,) to the ridge over its brows.

    The face looks along +z with y up, in mm. Its foremost point is laid on the tip of the nose; a similarity by closest
    points and then a smooth alignment follow. Points of brows, eyes, nose and lips come to a few mm; those of the jaw's
    outline can slide along it by two centimetres. Landmarks that files tell are better.
    """
    target = template.mean.double().numpy()
    face = template.triangles.numpy()[template.face.numpy()]
    marks, ridge = target[template.landmarks.numpy()], target[template.over_brows.numpy()]
    middle = np.abs(vertices[:, 0] - np.median(vertices[:, 0])) < 15
    tip = vertices[middle][vertices[middle, 2].argmax()]
    placed = vertices + marks[NOSE_TIP] - tip
    sample = target[np.unique(face)]
    sample = sample[:: max(1, len(sample) // SAMPLE)]
    for _ in range(ROUNDS):
        found = closest_points(sample, placed, triangles, candidates=4)
        kept = found.distance <= np.quantile(found.distance, KEPT)
        placed = fit_similarity(found.point[kept], sample[kept])(placed)
    inside = np.isin(template.region.numpy(), [REGIONS.index(name) for name in ("mouth_inside", "teeth")])
    outer = template.triangles.numpy()[~inside[template.triangles.numpy()].any(1)]
    aligned = pull_onto(placed, triangles, np.ones(len(placed), bool), target, outer)
    near = np.asarray(KDTree(aligned).query(np.concatenate([marks, ridge]))[1]).astype(np.int64)
    return near[: len(marks)], near[len(marks) :]
