"""The NoW challenge's measure, non-metrical: distances of a scan's vertices to a mesh laid on it.

As its public code does it (Sanyal et al. 2019): the scan is cropped around the face, the mesh laid on it by seven
landmarks up to scale, then scale, rotation and translation are refined on the distances themselves. The code's own
optimiser (a dogleg over an automatic derivative) is replaced by damped Gauss-Newton steps on the same sum of squares.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from recon.geometry.closest_points import ClosestPoints, closest_points
from recon.geometry.similarity import Similarity, fit_similarity

SEVEN = (36, 39, 42, 45, 33, 48, 54)  # of the 68: eye corners from image left, the nose's base, the mouth's corners
CENTRE_UP, RADIUS = 0.3, 1.4  # of the nose's length; of the mean of outer eye distance and nose length
STEPS, STILL = 60, 1e-5  # at most; the sum of squares falls by less than this share
DAMPING, MOST_DAMPING = 1e-4, 1e6
LOOSE = 1e-3  # of the distances' most change: what changes them less is not told by them
CANDIDATES = 32  # triangles that each point looks at


class Laid(NamedTuple):
    """A mesh on a scan: the similarity that brought it there, and the (k,) distances of the cropped scan's vertices."""

    pose: Similarity
    distance: np.ndarray


def crop(vertices: np.ndarray, seven: np.ndarray) -> np.ndarray:
    """(n,) bool: the scan's vertices (n, 3) in the ball that its seven landmarks (7, 3) say."""
    bridge, base = (seven[1] + seven[2]) / 2, seven[4]
    centre = base + CENTRE_UP * (bridge - base)
    radius = RADIUS * (np.linalg.norm(seven[0] - seven[3]) + np.linalg.norm(bridge - base)) / 2
    return np.linalg.norm(vertices - centre, axis=1) <= radius


def scan_to_mesh(
    scan: np.ndarray, scan_seven: np.ndarray, mesh: np.ndarray, triangles: np.ndarray, mesh_seven: np.ndarray
) -> Laid:
    """Crop, lay by landmarks, refine, measure.

    Args:
        scan: (n, 3) mm; scan_seven, mesh_seven: (7, 3) in the order of SEVEN. mesh: (m, 3) in any unit, with
            triangles (f, 3); its used vertices alone count.
    """
    kept = scan[crop(scan, scan_seven)]
    return refine(kept, mesh, triangles, fit_similarity(mesh_seven, scan_seven))


def refine(points: np.ndarray, mesh: np.ndarray, triangles: np.ndarray, start: Similarity) -> Laid:
    """The similarity of the mesh that makes the sum of squared distances of the points (k, 3) least, from `start`."""
    centroids = KDTree(mesh[triangles].mean(1))

    def closest(pose: Similarity) -> tuple[ClosestPoints, np.ndarray]:
        found = closest_points(pose.inverse()(points), mesh, triangles, CANDIDATES, centroids)
        return found, found.distance * pose.scale

    pose, damping = start, DAMPING
    found, distance = closest(pose)
    for _ in range(STEPS):
        place = pose(found.point)
        middle = place.mean(0)
        toward = (points - place) / np.maximum(distance, 1e-12)[:, None]
        across = place - middle
        # how the distances fall as the mesh grows, turns and moves; a step is ln scale, a rotation vector, a shift
        fall = np.column_stack([(toward * across).sum(1), np.cross(across, toward), toward])
        normal, right = fall.T @ fall, fall.T @ distance
        reach = (across**2).sum()
        least = LOOSE * np.array([reach, reach, reach, reach, len(points), len(points), len(points)])
        held = np.diag(np.maximum(np.diag(normal), least))  # what the distances don't tell, as on a plane, stays
        gain = 0.0
        while damping < MOST_DAMPING:
            step = np.linalg.solve(normal + damping * held, right)
            trial = _stepped(pose, step, middle)
            trial_found, trial_distance = closest(trial)
            gain = 1 - (trial_distance**2).sum() / max((distance**2).sum(), 1e-300)
            if gain > 0:
                pose, found, distance = trial, trial_found, trial_distance
                damping = max(damping / 10, 1e-9)
                break
            damping *= 10
        if gain < STILL:
            break
    return Laid(pose, distance)


def _stepped(pose: Similarity, step: np.ndarray, middle: np.ndarray) -> Similarity:
    """`pose`, then grown by exp(step[0]) and turned by step[1:4] about `middle`, and moved by step[4:7]."""
    factor, turn = float(np.exp(step[0])), Rotation.from_rotvec(step[1:4]).as_matrix()
    translation = factor * (pose.translation - middle) @ turn.T + middle + step[4:]
    return Similarity(pose.scale * factor, turn @ pose.rotation, translation)
