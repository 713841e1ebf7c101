"""Cutting and closing patches of a triangle mesh: connected parts, borders fit to be flattened, strips across holes."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from recon.geometry.parameterization import boundary_loops


def connected_parts(triangles: np.ndarray, cut: np.ndarray | None = None) -> list[np.ndarray]:
    """Triangles (f, 3) -> those (k, 3) of each part that hangs together by edges, the part with most of them first.

    cut: (m, 2) edges by which nothing hangs together.
    """
    edges = np.sort(_directed_edges(triangles), axis=1)
    joins = np.ones(len(edges), bool)
    if cut is not None:
        count = triangles.max() + 1
        joins = ~np.isin(edges @ (count, 1), np.sort(cut, axis=1) @ (count, 1))
    _, edge = np.unique(edges, axis=0, return_inverse=True)
    owner = np.tile(np.arange(len(triangles)), 3)
    member = sparse.csr_matrix((joins.astype(float), (owner, edge.reshape(-1))))
    parts, label = connected_components(member @ member.T, directed=False)
    return sorted((triangles[label == k] for k in range(parts)), key=len, reverse=True)


def without_chords(triangles: np.ndarray) -> np.ndarray:
    """The largest part (k, 3) of triangles (f, 3) in which edges of the border alone join two of its vertices.

    An embedding whose border is straight would flatten what hangs on by another such edge onto the border; that is cut
    off. So is what touches a vertex that the border passes twice.
    """
    triangles = connected_parts(triangles)[0]
    while True:
        loop = _outer_loop(triangles)
        passed = np.bincount(loop, minlength=int(triangles.max()) + 1)
        edges, count = np.sort(_directed_edges(triangles), axis=1), len(passed)
        rim = np.sort(np.stack([loop, np.roll(loop, -1)], 1), axis=1)
        chords = (passed[edges] > 0).all(1) & ~np.isin(edges @ (count, 1), rim @ (count, 1))
        twice = (passed[triangles] > 1).any(1)
        if not chords.any() and not twice.any():
            return triangles
        triangles = connected_parts(triangles[~twice], edges[chords])[0]


def strip(first: np.ndarray, first_at: np.ndarray, second: np.ndarray, second_at: np.ndarray) -> np.ndarray:
    """The triangles (k, 3) between two chains of vertices (a,) and (b,), each advanced in turn by its parameter.

    The first chain lies to the right of the strip as it is walked, that is, the strip turns counter-clockwise when the
    first is its lower edge and both run rightward. first_at (a,), second_at (b,): growing parameters. Chains may share
    their ends.
    """
    triangles, i, j = [], 0, 0
    while i < len(first) - 1 or j < len(second) - 1:
        if j == len(second) - 1 or (i < len(first) - 1 and first_at[i + 1] <= second_at[j + 1]):
            triangles.append((first[i], first[i + 1], second[j]))
            i += 1
        else:
            triangles.append((first[i], second[j + 1], second[j]))
            j += 1
    return np.array([t for t in triangles if len(set(t)) == 3], np.int64).reshape(-1, 3)


def closing_strip(loop: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The triangles (k, 3) that close a hole: a strip between the two halves of its loop, from its least x to its
    greatest.

    Args:
        loop: (b,) vertex ids of a hole as `boundary_loops` gives them. points: (n, 3).
    """
    around = loop[::-1]  # as the strip's own edges run
    around = np.roll(around, -int(np.argmin(points[around, 0])))
    end = int(np.argmax(points[around, 0]))
    lower, upper = around[: end + 1], np.append(around[end:], around[0])[::-1]
    return strip(lower, points[lower, 0], upper, points[upper, 0])


def holes_of(triangles: np.ndarray) -> list[np.ndarray]:
    """The loops (b,) of a patch but for the one with most vertices, its outer border."""
    outer = _outer_loop(triangles)
    return [loop for loop in boundary_loops(triangles) if not np.array_equal(loop, outer)]


def _outer_loop(triangles: np.ndarray) -> np.ndarray:
    return max(boundary_loops(triangles), key=len)


def _directed_edges(triangles: np.ndarray) -> np.ndarray:
    """(3 f, 2); edge k belongs to triangle k % f."""
    return np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
