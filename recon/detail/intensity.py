"""The photo's intensity at each vertex of a mesh, filtered to the vertex's own size in the image."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

LUMINANCE = (0.2126, 0.7152, 0.0722)  # of linear sRGB primaries (IEC 61966-2-1)
LUMA = (0.299, 0.587, 0.114)


def linear_luminance(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) float sRGB in [0, 1], as photos are stored -> (H, W) float32 linear light in [0, 1]."""
    image = np.asarray(image, np.float32)
    linear = np.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** np.float32(2.4))
    return linear @ np.array(LUMINANCE, np.float32)


def luma(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) float sRGB in [0, 1] -> (H, W) float32 grey in [0, 1], of the values as they are stored (Rec. 601)."""
    return np.asarray(image, np.float32) @ np.array(LUMA, np.float32)


def nearest(image: np.ndarray, points_px: np.ndarray) -> np.ndarray:
    """Values of the pixels (H, W) that points (m, 2) u, v lie in, of the border's outside; (m,) float64."""
    height, width = image.shape
    column, row = np.floor(points_px).astype(int).T
    column, row = column.clip(0, width - 1), row.clip(0, height - 1)
    return image[row, column].astype(np.float64)


def sample(image: np.ndarray, points_px: np.ndarray, footprint_px: np.ndarray) -> np.ndarray:
    """Values at points, each averaged over about its own footprint, so that they hardly depend on the resolution.

    Trilinear: each level of a pyramid of 2 x 2 means is read bilinearly, and the two levels about the footprint are
    blended. Where a pixel is larger than the footprint the image is just interpolated.

    Args:
        image: (H, W) float. points_px: (m, 2) u, v, pixel centres at +0.5; outside the image its border is repeated.
        footprint_px: (m,) side of the square to average over, in pixels.

    Returns:
        (m,) float64.
    """
    level_of = np.log2(np.maximum(footprint_px, 1.0))
    found = np.zeros(len(points_px))
    level, number = np.asarray(image, np.float32), 0
    while True:
        last = min(level.shape) < 2
        share = np.clip(1 - np.abs(level_of - number), 0, 1)
        if last:
            share[level_of > number] = 1
        near = share > 0
        places = points_px[near] / 2**number - 0.5
        found[near] += share[near] * map_coordinates(level, places[:, ::-1].T, order=1, mode="nearest")
        if last or number >= level_of.max():
            return found
        level, number = halved(level), number + 1


def halved(image: np.ndarray) -> np.ndarray:
    """2 x 2 means; an odd side is first repeated at its end."""
    height, width = image.shape
    even = np.pad(image, ((0, height % 2), (0, width % 2)), mode="edge")
    return even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2).mean((1, 3))
