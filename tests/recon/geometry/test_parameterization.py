import numpy as np
from scipy.spatial import Delaunay

from recon.geometry.parameterization import boundary_loops, square_embedding

SIDE = 9
QUADS = np.array([[y * SIDE + x + d for d in (0, 1, SIDE + 1, SIDE)] for y in range(SIDE - 1) for x in range(SIDE - 1)])


def signed_areas(uv, quads):
    a, b, c, d = (uv[quads[:, k]] for k in range(4))
    diagonals = (c - a), (d - b)
    return 0.5 * (diagonals[0][:, 0] * diagonals[1][:, 1] - diagonals[0][:, 1] * diagonals[1][:, 0])


def test_a_flat_square_maps_to_itself():
    places = np.array([[x, y, 0.0] for y in range(SIDE) for x in range(SIDE)])
    assert np.allclose(square_embedding(QUADS, places), places[:, :2] / (SIDE - 1), atol=1e-9)


def test_a_bumpy_patch_with_a_hole_does_not_fold():
    rng = np.random.default_rng(0)
    places = np.array([[x, y, 0.0] for y in range(SIDE) for x in range(SIDE)]) + rng.normal(0, 0.25, (SIDE**2, 3))
    hole = [27, 28]
    quads = np.delete(QUADS, hole, axis=0)
    uv = square_embedding(quads, places)
    assert len(boundary_loops(quads)) == 2
    assert (signed_areas(uv, quads) > 0).all() and uv.min() >= 0 and uv.max() <= 1


def test_loops_that_touch_in_a_vertex_are_still_closed():
    quads = np.delete(QUADS, [9, 18], axis=0)  # two holes that share a corner
    loops = boundary_loops(quads)
    edges = {(int(a), int(b)) for loop in loops for a, b in zip(loop, np.roll(loop, -1), strict=True)}
    assert sum(map(len, loops)) == len(edges) == 4 * (SIDE - 1) + 8
    sides = {edge for quad in quads.tolist() for edge in zip(quad, quad[1:] + quad[:1], strict=True)}
    assert edges <= sides and not {edge[::-1] for edge in edges} & sides


def test_conformal_weights_leave_a_flat_patch_as_it_is():
    rng = np.random.default_rng(1)
    line = np.linspace(0, 1, SIDE)
    border = np.array([[x, y] for x in line for y in line if {x, y} & {0.0, 1.0}])
    places = np.column_stack([np.concatenate([border, rng.uniform(0.05, 0.95, (60, 2))]), np.zeros(len(border) + 60)])
    triangles = Delaunay(places[:, :2]).simplices  # none of whose edges has a negative weight
    uv = square_embedding(triangles, places, triangles)
    assert np.abs(uv - places[:, :2]).max() < 0.02  # but for the least weight
    assert np.abs(square_embedding(triangles, places) - places[:, :2]).max() > 0.05


def test_a_border_across_a_filled_hole_shapes_itself():
    places = np.array([[x, y, 0.0] for y in range(SIDE) for x in range(SIDE)])
    triangles = np.concatenate([QUADS[:, [0, 1, 2]], QUADS[:, [0, 2, 3]]])
    hole = np.isin(np.arange(2 * len(QUADS)) % len(QUADS), [27, 28, 35, 36])
    squeezed = places.copy()
    squeezed[30:33, 1] += 0.999 * (np.arange(30, 33) == 31)  # a vertex within it, pressed against its border
    uv = square_embedding(triangles, squeezed, triangles[~hole])
    assert np.isfinite(uv).all() and (signed_areas(uv, QUADS) > 0).all()
    assert np.linalg.norm(uv[31] - uv[40]) > 0.05
