from __future__ import annotations

import numpy as np

from recon.geometry.parameterization import boundary_loops
from recon.geometry.patches import closing_strip, connected_parts, holes_of, strip, without_chords

SIDE = 8
CORNERS = np.array([y * SIDE + x for y in range(SIDE - 1) for x in range(SIDE - 1)])
GRID = np.concatenate(
    [CORNERS[:, None] + (0, 1, SIDE + 1), CORNERS[:, None] + (0, SIDE + 1, SIDE)]
)  # counter-clockwise with y upward
POINTS = np.array([[x, y, 0.0] for y in range(SIDE) for x in range(SIDE)])


def without(*cells: int) -> np.ndarray:
    """The grid without the squares of these numbers."""
    return GRID[~np.isin(np.tile(np.arange(len(CORNERS)), 2), cells)]


def area(triangles: np.ndarray) -> float:
    a, b, c = POINTS[triangles].transpose(1, 0, 2)
    doubled = np.cross(b - a, c - a)[:, 2]
    assert (doubled > 0).all()
    return float(doubled.sum() / 2)


def test_parts_hang_together_by_edges() -> None:
    parts = connected_parts(GRID[np.isin(np.tile(np.arange(49), 2), [0, 1, 2, 9, 30])])
    assert [len(part) for part in parts] == [8, 2]  # 9 lies above 2
    touching = connected_parts(GRID[np.isin(np.tile(np.arange(49), 2), [0, 8])])
    assert [len(part) for part in touching] == [2, 2]  # in one vertex alone


def test_a_hole_is_closed_without_a_gap_or_an_overlap() -> None:
    patch = without(16, 17, 24)  # L-shaped
    (hole,) = holes_of(patch)
    closed = np.concatenate([patch, closing_strip(hole, POINTS)])
    assert len(boundary_loops(closed)) == 1
    edges = np.concatenate([closed[:, [0, 1]], closed[:, [1, 2]], closed[:, [2, 0]]])
    assert len(np.unique(edges, axis=0)) == len(edges)
    square = without(16, 17)
    (hole,) = holes_of(square)
    assert area(closing_strip(hole, POINTS)) == 2


def test_a_strip_joins_two_chains_in_the_order_of_their_parameters() -> None:
    found = strip(np.array([0, 1, 2]), np.array([0.0, 1.0, 2.0]), np.array([8, 10]), np.array([0.0, 2.0]))
    assert found.tolist() == [[0, 1, 8], [1, 2, 8], [2, 10, 8]]


def test_after_the_chords_are_gone_no_triangle_lies_on_the_border_alone() -> None:
    tail = np.concatenate([without(*range(3, 7), *range(10, 14)), [[1, 0, SIDE**2]]])  # a triangle hangs on at an edge
    found = without_chords(tail)
    loop = set(boundary_loops(found)[0].tolist())
    assert len(boundary_loops(found)) == 1 and SIDE**2 not in loop
    on_rim = np.isin(found, list(loop))
    assert not on_rim.all(1).any() and len(found) > len(tail) - 8
    (rim,) = boundary_loops(found)
    sides = {frozenset(edge) for edge in zip(rim.tolist(), np.roll(rim, -1).tolist(), strict=True)}
    edges = np.concatenate([found[:, [0, 1]], found[:, [1, 2]], found[:, [2, 0]]])
    assert {frozenset(edge) for edge in edges[np.isin(edges, rim).all(1)].tolist()} == sides


def test_a_piece_behind_a_chord_is_cut_off_whole() -> None:
    """Three cells hang on by one edge between two vertices of the border."""
    neck = without(*range(21, 24), *range(25, 28), *range(28, 31), *range(32, 35))  # one cell wide for two rows
    found = without_chords(neck)
    assert found.max() < 4 * SIDE + 4 and len(boundary_loops(found)) == 1
