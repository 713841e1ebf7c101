# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
"""Where the two eyes and the mouth are open: their upper and lower edges, and how far a point is from them."""

from __future__ import annotations

import numpy as np
import torch
import warp as wp

from recon.faces.model import REGIONS, FaceModel

KNOTS = 13  # of a resampled edge, evenly spaced from corner to corner
CORNERS = ((36, 39), (42, 45), (60, 64))  # landmarks: right eye, left eye, inner lips, from smaller to greater x
UPPER_LIP, LOWER_LIP = (60, 61, 62, 63, 64), (60, 67, 66, 65, 64)

wp.set_module_options({"enable_backward": False})


def lid_edges(model: FaceModel, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Vertex ids, by growing x, along the edge of the upper and of the lower lid; side: 0 the right eye, 1 the left.

    Of the skin close around the front of the eyeball, what comes nearest to the line between the corners.
    """
    first, last = model.landmarks[list(CORNERS[side])].tolist()
    eyes = model.region == REGIONS.index("eyes")
    ball = model.mean[eyes & ((model.mean[:, 0] > 0) == bool(side))]
    centre = (ball.amax(0) + ball.amin(0)) / 2
    radius = float((ball - centre).norm(dim=1).median())
    away = model.mean - centre
    distance = away.norm(dim=1)
    close = ~eyes & (distance > 0.9 * radius) & (distance < 1.4 * radius) & (away[:, 2] > 0.1 * radius)
    x, y = model.mean[:, 0].numpy(), model.mean[:, 1].numpy()
    slope = (y[last] - y[first]) / (x[last] - x[first])
    over = y - y[first] - slope * (x - x[first])
    edges = []
    for sign in (1.0, -1.0):
        ids = [first]
        for place in np.linspace(x[first], x[last], KNOTS)[1:-1]:
            candidates = np.flatnonzero(close.numpy() & (np.abs(x - place) < 1.5) & (sign * over > 0.3))
            if len(candidates):
                ids.append(int(candidates[np.argmin(sign * over[candidates])]))
        ids = sorted({*ids, last}, key=lambda v: x[v])
        edges.append(np.array(ids))
    return edges[0], edges[1]


def resampled(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Edges (k, 2) and (l, 2), x y by growing x, with common ends -> (2 + 2 KNOTS,) float32.

    x of the corners; then the upper edge's y at even steps between them; then the lower's.
    """
    x = np.linspace(upper[0, 0], upper[-1, 0], KNOTS)
    heights = [np.interp(x, edge[:, 0], edge[:, 1]) for edge in (upper, lower)]
    return np.concatenate([x[[0, -1]], *heights]).astype(np.float32)


def lip_edges(shape: torch.Tensor, landmarks: torch.Tensor) -> np.ndarray:
    """`resampled` edges of the inner lips in the head's x and y; shape (n, 3) mm."""
    upper, lower = (shape[landmarks[list(ids)], :2].numpy() for ids in (UPPER_LIP, LOWER_LIP))
    return resampled(upper, lower)


@wp.func
def within(opening: wp.array(dtype=wp.float32), start: int, x: float, y: float) -> wp.vec3:
    """Distance under the upper edge and over the lower one (below 0: outside), and the place along, 0 to 1.

    opening: `resampled` edges from index `start` on, in the unit of x and y.
    """
    low, high = opening[start], opening[start + 1]
    along = wp.clamp((x - low) / (high - low), 0.0, 1.0)
    cell = along * float(KNOTS - 1)
    k = wp.min(int(cell), KNOTS - 2)
    t = cell - float(k)
    first = start + 2 + k
    upper = wp.lerp(opening[first], opening[first + 1], t)
    lower = wp.lerp(opening[first + KNOTS], opening[first + KNOTS + 1], t)
    return wp.vec3(upper - y, y - lower, along)
