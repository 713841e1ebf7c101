"""Flattening an open surface patch onto the unit square (Tutte, 1963)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve


def boundary_loops(polygons: np.ndarray) -> list[np.ndarray]:
    """Closed loops of vertex ids along edges that belong to one polygon only; polygons (f, 3) or (f, 4).

    Where loops touch in a vertex, as patches do that were cut from a mesh, it counts for each time it is passed.
    """
    edges = np.stack([polygons, np.roll(polygons, -1, axis=1)], axis=-1).reshape(-1, 2)
    directed = set(map(tuple, edges.tolist()))
    onward: dict[int, list[int]] = {}
    for a, b in sorted(directed):
        if (b, a) not in directed:
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


def square_embedding(polygons: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Tutte's embedding with the longest boundary on the unit square.

    Uniform weights keep it free of fold-overs whatever the triangles look like; interior holes (eyes, mouth) float.

    Args:
        polygons: (f, 3) or (f, 4) int, one connected patch.
        points: (n, 3) mm; the patch is seen along -z, its corners of the square are the boundary's diagonal extremes.

    Returns:
        (n, 2) float64 in [0, 1], u to the right and v up; NaN for vertices off the patch.
    """
    n = len(points)
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

    edges = np.stack([polygons, np.roll(polygons, -1, axis=1)], axis=-1).reshape(-1, 2)
    both = np.concatenate([edges, edges[:, ::-1]])
    adjacency = sparse.csr_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(n, n))
    adjacency.data[:] = 1.0
    laplacian = (sparse.diags(np.asarray(adjacency.sum(1)).reshape(-1)) - adjacency).tocsr()
    free = np.setdiff1d(np.unique(polygons), rim)
    uv = np.full((n, 2), np.nan)
    uv[rim] = border
    uv[free] = spsolve(laplacian[free][:, free].tocsc(), -laplacian[free][:, rim] @ border)
    return uv
