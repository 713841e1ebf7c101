"""Catmull-Clark subdivision of quad meshes as one sparse matrix (Catmull and Clark, 1978)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse


def catmull_clark(quads: np.ndarray, vertex_count: int) -> tuple[Any, np.ndarray]:
    """One step of subdivision, split into its linear map and its new connectivity.

    Args:
        quads: (q, 4) int, counter-clockwise vertex ids.
        vertex_count: number n of vertices before the step.

    Returns:
        (matrix, new_quads): matrix (m, n) float64 sparse, rows sum to 1, maps any per-vertex quantity (places, weights,
        basis vectors) to the finer mesh; its first n rows are the old vertices, so vertex ids stay valid.
        new_quads: (4 q, 4) int32. Boundary edges are smoothed as cubic B-spline creases.
    """
    n, q = vertex_count, len(quads)
    corners = quads.reshape(-1)
    edges = np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2)  # (4 q, 2), edge i leaves corner i
    unique, edge_of = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True)
    edge_of = edge_of.reshape(q, 4)
    e = len(unique)
    faces_at_edge = np.bincount(edge_of.reshape(-1), minlength=e)
    interior = faces_at_edge == 2

    face_points = sparse.csr_matrix((np.full(4 * q, 0.25), (np.repeat(np.arange(q), 4), corners)), shape=(q, n))
    midpoints = sparse.csr_matrix((np.full(2 * e, 0.5), (np.repeat(np.arange(e), 2), unique.reshape(-1))), shape=(e, n))
    faces_of_edge = sparse.csr_matrix((np.ones(4 * q), (edge_of.reshape(-1), np.repeat(np.arange(q), 4))), shape=(e, q))
    inner = sparse.diags(interior.astype(float))
    border = sparse.diags((~interior).astype(float))
    edge_points = inner @ (0.5 * midpoints + 0.25 * (faces_of_edge @ face_points)) + border @ midpoints

    valence = np.bincount(corners, minlength=n).astype(float)
    edges_of_vertex = sparse.csr_matrix(
        (np.ones(2 * e), (unique.reshape(-1), np.repeat(np.arange(e), 2))), shape=(n, e)
    )
    border_vertex = np.zeros(n, bool)
    border_vertex[unique[~interior].reshape(-1)] = True
    edge_count = np.maximum(np.asarray(edges_of_vertex.sum(1)).reshape(-1), 1.0)
    faces_of_vertex = sparse.csr_matrix((np.ones(4 * q), (corners, np.repeat(np.arange(q), 4))), shape=(n, q))
    mean_face = sparse.diags(1 / np.maximum(valence, 1)) @ faces_of_vertex @ face_points
    mean_middle = sparse.diags(1 / edge_count) @ edges_of_vertex @ midpoints
    safe = np.maximum(valence, 3.0)
    smooth = sparse.diags(1 / safe) @ mean_face + sparse.diags(2 / safe) @ mean_middle + sparse.diags((safe - 3) / safe)
    crease = 0.5 * sparse.identity(n) + 0.25 * (edges_of_vertex @ border @ midpoints)  # two border midpoints a vertex
    loose = valence == 0
    regular_border = border_vertex & (np.asarray((edges_of_vertex @ border).sum(1)).reshape(-1) == 2)
    kept = loose | (border_vertex & ~regular_border)  # isolated or non-manifold vertices stay where they are
    moved = (
        sparse.diags((~border_vertex & ~loose).astype(float)) @ smooth
        + sparse.diags(regular_border.astype(float)) @ crease
        + sparse.diags(kept.astype(float))
    )

    matrix = sparse.vstack([moved, edge_points, face_points]).tocsr()
    previous = np.roll(edge_of, 1, axis=1)
    new_quads = np.stack(
        [quads, n + edge_of, np.broadcast_to(n + e + np.arange(q)[:, None], (q, 4)), n + previous], axis=-1
    )
    return matrix, new_quads.reshape(-1, 4).astype(np.int32)


def triangulate(quads: np.ndarray) -> np.ndarray:
    """(q, 4) quads to (2 q, 3) int32 triangles, split along the first diagonal."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1).reshape(-1, 3).astype(np.int32)


def loop(triangles: np.ndarray, vertex_count: int) -> tuple[Any, np.ndarray]:
    """One step of Loop's subdivision of a triangle mesh (Loop, 1987, with Warren's weights).

    Args:
        triangles: (f, 3) int, counter-clockwise vertex ids.
        vertex_count: number n of vertices before the step.

    Returns:
        (matrix, new_triangles): matrix (m, n) float64 sparse, rows non-negative and of sum 1, the first n rows the old
        vertices; new_triangles (4 f, 3) int32. Boundary edges are smoothed as cubic B-spline creases; vertices that
        belong to no triangle or to a boundary that branches stay.
    """
    n, f = vertex_count, len(triangles)
    edges = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=-1).reshape(-1, 2)  # (3 f, 2), leaves corner i
    unique, edge_of = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True)
    edge_of = edge_of.reshape(f, 3)
    e = len(unique)
    inner = np.bincount(edge_of.reshape(-1), minlength=e) == 2
    ends = sparse.csr_matrix((np.ones(2 * e), (np.repeat(np.arange(e), 2), unique.reshape(-1))), shape=(e, n))
    opposite = sparse.csr_matrix(
        (np.ones(3 * f), (edge_of.reshape(-1), np.roll(triangles, 1, axis=1).reshape(-1))), shape=(e, n)
    )
    middles = sparse.diags(np.where(inner, 0.375, 0.5)) @ ends + sparse.diags(np.where(inner, 0.125, 0.0)) @ opposite

    valence = np.bincount(unique.reshape(-1), minlength=n)
    neighbours = ends.T @ ends - sparse.diags(valence.astype(float))
    border_edges = ends[~inner]
    border_count = np.asarray(border_edges.sum(0)).reshape(-1)
    beta = np.where(valence == 3, 3 / 16, 3 / (8 * np.maximum(valence, 1)))  # share of each neighbour
    regular, crease = border_count == 0, border_count == 2
    share = np.where(regular & (valence > 0), beta, 0.0)
    along = border_edges.T @ border_edges - sparse.diags(border_count)
    own = 1 - share * valence - 0.25 * crease
    moved = sparse.diags(own) + sparse.diags(share) @ neighbours + sparse.diags(0.125 * crease) @ along

    ab, bc, ca = (n + edge_of).T
    a, b, c = triangles.T
    parts = [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
    finer = np.stack([np.stack(part, axis=1) for part in parts], axis=1).reshape(-1, 3)
    return sparse.vstack([moved, middles]).tocsr(), finer.astype(np.int32)
