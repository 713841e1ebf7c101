"""A photo warped about a face, so that jaw, hairline and ears meet the contour of another face in its place.

Both contours are taken round their common middle, where rays from there leave them; what lies on the old one comes to
lie on the new one, what is far from it stays, and between them a thin-plate spline leads (Bookstein 1989).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

RAYS = 40
GRID = 49  # places along a side, at which the spline is worked out
REACH = 0.16  # of the side: so far outside the contour the warp has faded away
LEAST_AREA = 0.25  # of a piece of the photo after the warp: below, it nearly folds
SHRUNK = 0.85  # a warp that folds is made so much smaller, again and again
STIFFNESS = 1e-3  # lets the spline miss contours a little where they are ragged


@dataclass(frozen=True)
class Warp:
    """Where a warped picture has its pixels from: (S, S) float32 columns and rows, in OpenCV's count.

    share: how much of the way to the new contour it goes; below 1, more would fold the picture.
    """

    columns: np.ndarray
    rows: np.ndarray
    share: float

    def picture(self, image: np.ndarray) -> np.ndarray:
        """An image (S, S, ...) warped, its borders repeated; what does not move keeps its bits."""
        return cv2.remap(image, self.columns, self.rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)

    def codes(self, codes: np.ndarray) -> np.ndarray:
        """(S, S) codes or truth values, each pixel the nearest one's."""
        kind = np.asarray(codes, np.uint8)
        found = cv2.remap(kind, self.columns, self.rows, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        return found.astype(codes.dtype)


def warp_between(old: np.ndarray, new: np.ndarray) -> Warp:
    """The warp that takes the contour of one mask to that of another; both (S, S) bool and not empty."""
    size = len(old)
    before, after = contours(old, new)
    moved = spline(after, before - after, grid_places(size)).reshape(GRID, GRID, 2)
    outside = cv2.distanceTransform((~new).astype(np.uint8), cv2.DIST_L2, 3) / size
    fade = np.square(np.clip(1 - cv2.resize(outside, (GRID, GRID), interpolation=cv2.INTER_AREA) / REACH, 0, 1))
    moved *= (fade * (3 - 2 * np.sqrt(fade)))[..., None]  # smooth at both ends
    share = 1.0
    while least_area(moved * share) < LEAST_AREA and share > 0.05:
        share *= SHRUNK
    field = cv2.resize((moved * (share * size)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    field[np.abs(field).max(-1) < 0.02] = 0  # far away nothing is resampled
    rows, columns = np.mgrid[:size, :size].astype(np.float32)
    return Warp(columns + field[..., 0], rows + field[..., 1], share)


def contours(old: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(RAYS, 2) shares of the side: where rays from the middle of both masks leave each."""
    size = len(old)
    middle = np.mean([np.argwhere(mask).mean(0) + 0.5 for mask in (old, new)], 0)[::-1]
    angles = 2 * np.pi * np.arange(RAYS) / RAYS
    toward = np.stack([np.cos(angles), np.sin(angles)], 1)
    reach = np.arange(0, size, 0.5)
    places = middle + toward[:, None] * reach[:, None]  # (RAYS, m, 2)
    column, row = np.moveaxis(np.clip(places.astype(int), 0, size - 1), -1, 0)
    within = ((places >= 0) & (places < size)).all(-1)
    found = []
    for mask in (old, new):
        last = np.where(mask[row, column] & within, reach, 0).max(1) + 0.25
        found.append((middle + toward * smooth(last)[:, None]) / size)
    return found[0], found[1]


def smooth(values: np.ndarray) -> np.ndarray:
    """(RAYS,) a closed curve, its steps of a pixel taken out."""
    return 0.5 * values + 0.25 * (np.roll(values, 1) + np.roll(values, -1))


def grid_places(size: int) -> np.ndarray:
    """(GRID * GRID, 2) shares of the side: the middles of a grid's cells, as `cv2.resize` has them."""
    line = (np.arange(GRID) + 0.5) / GRID
    return np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)


def spline(knots: np.ndarray, values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Thin-plate spline through values (n, 2) at knots (n, 2), read at places (m, 2): (m, 2)."""
    count = len(knots)
    matrix = np.zeros((count + 3, count + 3))
    matrix[:count, :count] = kernel(knots, knots) + STIFFNESS * np.eye(count)
    matrix[:count, count:] = np.column_stack([np.ones(count), knots])
    matrix[count:, :count] = matrix[:count, count:].T
    weights = np.linalg.solve(matrix, np.concatenate([values, np.zeros((3, 2))]))
    return kernel(places, knots) @ weights[:count] + np.column_stack([np.ones(len(places)), places]) @ weights[count:]


def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squared = ((a[:, None] - b[None]) ** 2).sum(-1)
    return 0.5 * squared * np.log(np.maximum(squared, 1e-12))


def least_area(moved: np.ndarray) -> float:
    """The least Jacobian of place -> place + moved, (GRID, GRID, 2) shares of the side."""
    step = 1 / GRID
    down, right = np.gradient(moved, step, axis=(0, 1))
    jacobian = (1 + right[..., 0]) * (1 + down[..., 1]) - right[..., 1] * down[..., 0]
    return float(jacobian.min())
