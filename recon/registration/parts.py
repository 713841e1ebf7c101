"""A template's connected pieces: the skin is registered, eyeballs and teeth follow it as rigid things do."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from recon.geometry.similarity import fit_similarity

RINGS = 4  # of vertices around those that may be matched
NEIGHBOURS = 200  # skin vertices that a piece without matches follows
OWN_MATCHES = 30  # from so many on, a piece is placed by what is seen of it
ROUNDS = 4  # of leaving out what does not fit
FAR = 2.5  # medians: a match of a piece that its similarity leaves farther off is dropped


def pieces_of(triangles: np.ndarray, vertex_count: int, candidates: np.ndarray) -> list[np.ndarray]:
    """Vertex ids of each connected piece; first the one with most of the `candidates` (ids): the skin."""
    ends = np.roll(triangles, 1, axis=1).reshape(-1)
    edges = sparse.coo_matrix((np.ones(len(ends)), (triangles.reshape(-1), ends)), shape=(vertex_count, vertex_count))
    _, label = connected_components(edges, directed=False)
    skin = np.bincount(label[candidates]).argmax()
    labels = [skin, *(k for k in np.unique(label) if k != skin)]
    return [np.flatnonzero(label == k) for k in labels]


def around(triangles: np.ndarray, chosen: np.ndarray, vertex_count: int, rings: int = RINGS) -> np.ndarray:
    """The triangles within `rings` rings of the `chosen` vertices (ids)."""
    reached = np.zeros(vertex_count, bool)
    reached[chosen] = True
    near = reached[triangles].any(1)
    for _ in range(rings - 1):
        reached[triangles[near]] = True
        near = reached[triangles].any(1)
    return triangles[near]


def place_piece(
    piece: np.ndarray, rest: np.ndarray, places: np.ndarray, kept: np.ndarray, skin: np.ndarray, moved: np.ndarray
) -> np.ndarray:
    """(k, 3) mm: a piece moved by one similarity, onto its own matches where it is seen, else along with the skin near.

    Args:
        piece, skin: vertex ids. rest: (n, 3) the template at rest. places: (n, 3), kept: (n,) bool the matches.
        moved: (n, 3) the registered skin (other rows are not read).
    """
    seen = piece[kept[piece]]
    if len(seen) < OWN_MATCHES:
        near = skin[KDTree(rest[skin]).query(rest[piece].mean(0), k=min(NEIGHBOURS, len(skin)))[1]]
        return fit_similarity(rest[near], moved[near])(rest[piece])
    fit = fit_similarity(rest[seen], places[seen])
    for _ in range(ROUNDS):
        distance = np.linalg.norm(fit(rest[seen]) - places[seen], axis=1)
        near = seen[distance <= FAR * np.median(distance)]
        fit = fit_similarity(rest[near], places[near])
    return fit(rest[piece])
