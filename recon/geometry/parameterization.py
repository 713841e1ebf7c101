"""Flattening an open surface patch onto the unit square (Tutte, 1963; with other weights than 1, Floater, 1997)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from recon.geometry.laplacian import cotangent_laplacian

SMALLEST_WEIGHT = 0.01  # of an edge; between two equilateral triangles it is 0.58
FILLING_WEIGHT = 0.1  # of an edge that is none of the surface's


def boundary_loops(polygons: np.ndarray) -> list[np.ndarray]:
    """Closed loops of vertex ids along edges that belong to one polygon only; polygons (f, 3) or (f, 4).

    Where loops touch in a vertex, as patches do that were cut from a mesh, it counts for each time it is passed.
    """
    edges = np.unique(
        np.stack([polygons, np.roll(polygons, -1, axis=1)], axis=-1).reshape(-1, 2).astype(np.int64), axis=0
    )
    count = edges.max(initial=0) + 1
    alone = ~np.isin(edges @ (count, 1), edges @ (1, count))
    onward: dict[int, list[int]] = {}
    for a, b in edges[alone].tolist():
        onward.setdefault(a, []).append(b)
    loops = []
    while onward:
        start = node = min(onward)
        loop = []
        while not loop or node != start:
            loop.append(node)
            ends = onward[node]
            following = ends.pop()
            if not ends:
                del onward[node]
            node = following
        loops.append(np.array(loop))
    return loops


def square_embedding(polygons: np.ndarray, points: np.ndarray, surface: np.ndarray | None = None) -> np.ndarray:
    """Tutte's embedding with the longest boundary on the unit square.

    Positive weights keep it free of fold-overs whatever the triangles look like; interior holes (eyes, mouth) float.
    No edge may join two vertices of the border across the patch: what it cuts off would be flattened onto the border.

    Args:
        polygons: (f, 3) or (f, 4) int, one connected patch.
        points: (n, 3) mm; the patch is seen along -z, its corners of the square are the boundary's diagonal extremes.
        surface: (g, 3) int, those of the triangles whose shapes are to be kept: edges then weigh `conformal_weights`
            instead of 1 each.

    Returns:
        (n, 2) float64 in [0, 1], u to the right and v up; NaN for vertices off the patch.
    """
    rim, border = square_border(polygons, points)
    weights = _adjacency(polygons, len(points))
    if surface is not None:
        weights = conformal_weights(weights, surface, points)
    laplacian = (sparse.diags(np.asarray(weights.sum(1)).reshape(-1)) - weights).tocsr()
    free = np.setdiff1d(np.unique(polygons), rim)
    uv = np.full((len(points), 2), np.nan)
    uv[rim] = border
    uv[free] = spsolve(laplacian[free][:, free].tocsc(), -laplacian[free][:, rim] @ border)
    return uv


def conformal_weights(adjacency: sparse.csr_matrix, surface: np.ndarray, points: np.ndarray) -> sparse.csr_matrix:
    """(n, n): of each edge half the sum of the cotangents opposite it (Pinkall and Polthier, 1993), positive.

    Tutte's theorem needs positive weights, so there is a least one, which acts where the two angles add up to nearly
    180 degrees or more. Edges of the adjacency (n, n) that the surface's triangles (g, 3) lack, such as those across a
    filled hole, weigh little: its border shapes itself as if it were free.
    """
    rows, columns = adjacency.nonzero()
    stiffness, _ = cotangent_laplacian(points, surface)
    cotangents = -np.asarray(stiffness[rows, columns]).reshape(-1)
    known = np.asarray(_adjacency(surface, len(points))[rows, columns]).reshape(-1) > 0
    weights = np.where(known, np.maximum(cotangents, SMALLEST_WEIGHT), FILLING_WEIGHT)
    return sparse.csr_matrix((weights, (rows, columns)), shape=adjacency.shape)


def _adjacency(polygons: np.ndarray, count: int) -> sparse.csr_matrix:
    """(count, count): 1 where an edge joins two vertices."""
    edges = np.stack([polygons, np.roll(polygons, -1, axis=1)], axis=-1).reshape(-1, 2)
    both = np.concatenate([edges, edges[:, ::-1]])
    adjacency = sparse.csr_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(count, count))
    adjacency.data[:] = 1.0
    return adjacency


def square_border(polygons: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The longest boundary (b,), counter-clockwise as seen along -z, and its places (b, 2) on the unit square's border:
    the diagonal extremes at the corners, by arc length between them."""
    rim = max(
        boundary_loops(polygons), key=lambda loop: float(np.linalg.norm(np.diff(points[loop], axis=0), axis=1).sum())
    )
    centred = points[rim, :2] - points[rim, :2].mean(0)
    signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], float)
    first = int(np.argmax(centred @ signs[0]))
    rim, centred = np.roll(rim, -first), np.roll(centred, -first, axis=0)
    area = np.sum(centred[:, 0] * np.roll(centred[:, 1], -1) - centred[:, 1] * np.roll(centred[:, 0], -1))
    if area < 0:  # counter-clockwise as seen
        rim, centred = np.roll(rim[::-1], 1), np.roll(centred[::-1], 1, axis=0)
    corners = [0] + [int(np.argmax(centred @ sign)) for sign in signs[1:]] + [len(rim)]
    steps = np.linalg.norm(np.diff(points[np.append(rim, rim[0])], axis=0), axis=1)
    border = np.empty((len(rim), 2))
    square = (np.vstack([signs, signs[:1]]) + 1) / 2
    for k, (begin, end) in enumerate(pairwise(corners)):
        along = np.concatenate([[0], np.cumsum(steps[begin:end])])
        fraction = (along / along[-1])[:-1, None]
        border[begin:end] = square[k] + fraction * (square[k + 1] - square[k])
    return rim, border
