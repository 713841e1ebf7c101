"""Normalised mean error: the mean distance of points from where they belong, over a length of the face.

Landmarks and dense alignment take the root of the area of the points' box (Zhu et al. 2016; PRNet, section 4.2),
reconstructions the outer interocular distance in 3D (VRN, section 4).
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from recon.geometry.similarity import Similarity, fit_rigid

ICP_ROUNDS = 50
ICP_STILL = 1e-4  # of the unit: the pairs' mean distance changes by less


def box_side(points: np.ndarray) -> float:
    """The root of width times height of the box around points (n, 2 or 3), by their first two coordinates."""
    width, height = np.ptp(points[:, :2], axis=0)
    return float(np.sqrt(width * height))


def nme(found: np.ndarray, true: np.ndarray, unit: float) -> float:
    """Mean distance of paired points (n, d), in units.

    >>> nme(np.array([[3.0, 4.0]]), np.zeros((1, 2)), 10)
    0.5
    """
    return float(np.linalg.norm(found - true, axis=1).mean() / unit)


def reconstruction_nme(found: np.ndarray, true: np.ndarray, unit: float) -> tuple[float, float]:
    """VRN's measure: as the points lie, and with the rigid alignment (its supplement's variant).

    Iterative closest points say which found point belongs to each true one, and nothing else: the first figure is of
    the places as they were given.

    Args:
        found: (m, 3), true: (n, 3), of one frame and unit of length, no pairs known. unit: in that length.
    """
    which, aligned = closest_pairs(found, true, unit)
    return nme(found[which], true, unit), nme(aligned(found[which]), true, unit)


def closest_pairs(found: np.ndarray, true: np.ndarray, unit: float) -> tuple[np.ndarray, Similarity]:
    """Of each true point (n, 3) the found one (m, 3) that is nearest after rigid alignment; that alignment."""
    tree, aligned = KDTree(found), fit_rigid(true, true)
    before = np.inf
    which = np.zeros(len(true), int)
    for _ in range(ICP_ROUNDS):
        distance, which = map(np.asarray, tree.query(aligned.inverse()(true)))
        aligned = fit_rigid(found[which], true)
        if before - distance.mean() < ICP_STILL * unit:
            break
        before = distance.mean()
    return which, aligned
