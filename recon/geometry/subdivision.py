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
