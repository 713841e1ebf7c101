"""The closest point of a triangle mesh to each of many points."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import KDTree


class ClosestPoints(NamedTuple):
    point: np.ndarray  # (m, d) on the surface
    triangle: np.ndarray  # (m,) int64
    barycentric: np.ndarray  # (m, 3), non-negative, sums to 1
    distance: np.ndarray  # (m,) the unit of the vertices

    def interpolate(self, triangles: np.ndarray, attributes: np.ndarray) -> np.ndarray:
        """Vertex attributes (n, c) at the closest points -> (m, c)."""
        return np.einsum("mk,mkc->mc", self.barycentric, attributes[triangles[self.triangle]])


def closest_points(
    queries: np.ndarray,
    vertices: np.ndarray,
    triangles: np.ndarray,
    candidates: int = 16,
    centroids: KDTree | None = None,
) -> ClosestPoints:
    """Closest surface points; each query looks at the `candidates` triangles whose centroids are nearest.

    That is exact where triangles are of like size (these face meshes), and an upper bound on the distance everywhere.

    Args:
        queries: (m, d); vertices: (n, d); triangles: (f, 3) int. d is 3 in space, and may be more in an embedding.
        centroids: tree of the triangles' centroids, for those who ask the same mesh often.
    """
    count = min(candidates, len(triangles))
    tree = KDTree(vertices[triangles].mean(1)) if centroids is None else centroids
    nearest = tree.query(queries, k=count)[1].reshape(len(queries), count)
    corners = vertices[triangles[nearest]].astype(np.float64)  # (m, count, 3, d)
    barycentric = _closest_barycentric(queries[:, None].astype(np.float64), corners)  # (m, count, 3)
    points = np.einsum("mck,mckd->mcd", barycentric, corners)
    offsets = points - queries[:, None]
    distances = np.sqrt(_dot(offsets, offsets))
    rows, best = np.arange(len(queries)), distances.argmin(1)
    return ClosestPoints(points[rows, best], nearest[rows, best], barycentric[rows, best], distances[rows, best])


def _closest_barycentric(p: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Barycentric coordinates of the point of each triangle (..., 3, d) closest to p (..., d)."""
    a, b, c = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    ab, ac, ap = b - a, c - a, p - a
    d00, d01, d11 = _dot(ab, ab), _dot(ab, ac), _dot(ac, ac)
    d20, d21 = _dot(ap, ab), _dot(ap, ac)
    determinant = np.maximum(d00 * d11 - d01**2, 1e-30)
    v = (d11 * d20 - d01 * d21) / determinant
    w = (d00 * d21 - d01 * d20) / determinant
    inside = np.stack([1 - v - w, v, w], -1)
    # outside, the closest point lies on one of the three edges: take the best of the three clamped projections
    best, best_distance = inside, np.where((inside >= 0).all(-1), 0.0, np.inf)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        start, edge = corners[..., i, :], corners[..., j, :] - corners[..., i, :]
        t = np.clip(_dot(p - start, edge) / np.maximum(_dot(edge, edge), 1e-30), 0, 1)
        on_edge = np.zeros_like(inside)
        on_edge[..., i], on_edge[..., j] = 1 - t, t
        off = start + t[..., None] * edge - p
        distance = _dot(off, off)
        closer = distance < best_distance
        best = np.where(closer[..., None], on_edge, best)
        best_distance = np.where(closer, distance, best_distance)
    return best


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("...i,...i->...", a, b)
