"""Distance of points from hand-placed ones, in per cent of a length of the face such as the eye distance."""

from __future__ import annotations

import numpy as np


def offsets_percent(found_px: np.ndarray, true_px: np.ndarray, unit_px: float) -> np.ndarray:
    """(k, 2) offsets of the found points (k, 2) from the true ones, in per cent of `unit_px`."""
    return 100 * (found_px - true_px) / unit_px


def residual_percent(offsets: np.ndarray) -> np.ndarray:
    """(n,) mean length over the points of each face's offsets (n, k, 2), each point's mean offset taken off.

    What is constant is how two markups define a point, not a method's error. The mean is that of the other half of the
    faces (even and odd ones), so that no face explains itself. n >= 2.
    """
    residual = np.empty(len(offsets))
    for half in (0, 1):
        rest = offsets[half::2] - offsets[1 - half :: 2].mean(0)
        residual[half::2] = np.linalg.norm(rest, axis=-1).mean(1)
    return residual


def inside(mask: np.ndarray, points_px: np.ndarray) -> np.ndarray:
    """(k,) bool: which points (k, 2), right and down, pixel centres at +0.5, lie on a pixel of the (H, W) bool mask.

    Those beyond the image do not.
    """
    column, row = np.floor(points_px).astype(int).T
    height, width = mask.shape
    within = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    return within & mask[row.clip(0, height - 1), column.clip(0, width - 1)]
