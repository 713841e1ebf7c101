"""Where in an image a network sees places of the canonical face: many at once, to a part of a pixel.

The nearest pixel by correspondence, then one step of an affine fit of the correspondence around it.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

WINDOW = 2  # the fit sees the pixels at most this far from the nearest one
RIDGE = 1e-6  # of the fit's normal equations, against windows of one pixel or one line


def located(correspondence: np.ndarray, mask: np.ndarray, goals: np.ndarray, box_mm: np.ndarray) -> np.ndarray:
    """(k, 2) px, right and down, pixel centres at +0.5: where the goals are seen.

    Args:
        correspondence: (3, H, W) float. mask: (H, W) bool, the pixels that are looked at, one at least.
        goals: (k, 3) places on the canonical face. box_mm: (3,) lengths of the canonical box.
    """
    places = np.ascontiguousarray(correspondence.transpose(1, 2, 0)) * box_mm  # (H, W, 3) mm
    goals = goals * box_mm
    rows, columns = np.nonzero(mask)
    # Few questions are asked of each tree: one that is quick to build serves best.
    tree = KDTree(places[rows, columns], balanced_tree=False, compact_nodes=False)
    nearest = tree.query(goals)[1]
    row, column = rows[nearest], columns[nearest]

    around = np.arange(-WINDOW, WINDOW + 1)
    down, right = (grid.ravel() for grid in np.meshgrid(around, around, indexing="ij"))  # (25,)
    y, x = row[:, None] + down, column[:, None] + right  # (k, 25)
    height, width = mask.shape
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    y, x = y.clip(0, height - 1), x.clip(0, width - 1)
    weight = (inside & mask[y, x]).astype(np.float64)
    offset = places[y, x] - goals[:, None]  # (k, 25, 3) mm
    design = np.stack([right, down, np.ones_like(right)], 1).astype(np.float64)  # (25, 3)
    products = (design[:, :, None] * design[:, None]).reshape(-1, 9)
    normal = (weight @ products).reshape(-1, 3, 3) + RIDGE * np.eye(3)
    affine = np.linalg.solve(normal, design.T @ (weight[..., None] * offset))  # offset = design @ affine
    slope, rest = affine[:, :2], affine[:, 2:]  # (k, 2, 3), (k, 1, 3) mm
    across = slope @ slope.transpose(0, 2, 1) + RIDGE * np.eye(2)
    step = np.linalg.solve(across, -slope @ rest.transpose(0, 2, 1))[..., 0]
    return np.stack([column, row], 1) + 0.5 + step.clip(-1, 1)
