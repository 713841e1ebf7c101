import numpy as np

from recon.geometry.subdivision import catmull_clark, loop, triangulate

CUBE = np.array([[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]])
CORNERS = np.array([[x, y, z] for z in (-1, 1) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))], float)


def test_a_cube_gives_catmull_and_clark_s_places():
    matrix, quads = catmull_clark(CUBE, 8)
    finer = matrix @ CORNERS
    assert finer.shape == (8 + 12 + 6, 3) and quads.shape == (24, 4)
    # Corner of valence 3: (F + 2 R) / 3 with F the mean of the face points and R of the edges' middles.
    assert np.allclose(np.abs(finer[:8]), 5 / 9)
    assert np.allclose(np.sort(np.abs(finer[8:20]), axis=1), [[0, 0.75, 0.75]] * 12)
    assert np.allclose(np.sort(np.abs(finer[20:]), axis=1), [[0, 0, 1]] * 6)


def test_rows_sum_to_one_and_orientation_is_kept():
    matrix, quads = catmull_clark(CUBE, 8)
    assert np.allclose(np.asarray(matrix.sum(1)), 1)
    finer = matrix @ CORNERS
    a, b, c = (finer[triangulate(quads)[:, k]] for k in range(3))
    outward = np.einsum("ij,ij->i", np.cross(b - a, c - a), a + b + c)
    assert (outward > 0).all()


def test_a_flat_patch_stays_flat_and_keeps_its_straight_border():
    side = 5
    places = np.array([[x, y, 0.0] for y in range(side) for x in range(side)])
    quads = np.array(
        [[y * side + x + d for d in (0, 1, side + 1, side)] for y in range(side - 1) for x in range(side - 1)]
    )
    matrix, _ = catmull_clark(quads, len(places))
    finer = matrix @ places
    assert np.allclose(finer[:, 2], 0)
    inner = [y * side + x for y in range(1, side - 1) for x in range(1, side - 1)]
    assert np.allclose(finer[inner], places[inner])
    on_border = places[:, 1] == 0
    # The border is a spline: its corners round off, the rest of it stays straight.
    assert np.allclose(finer[: len(places)][on_border][1:-1, 1], 0)


TETRAHEDRON = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])


def test_loop_on_a_tetrahedron_gives_warren_s_places():
    places = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], float)
    matrix, triangles = loop(TETRAHEDRON, 4)
    finer = matrix @ places
    assert finer.shape == (4 + 6, 3) and triangles.shape == (16, 3)
    # Valence 3: 7/16 of itself and 3/16 of each neighbour, whose sum is minus itself.
    assert np.allclose(finer[:4], places * (7 / 16 - 3 / 16))
    # An edge: 3/8 of both ends and 1/8 of both opposite corners, whose sum is minus that of the ends.
    assert np.allclose(np.sort(np.abs(finer[4:]), axis=1), [[0, 0, 0.5]] * 6)
    assert np.allclose(np.asarray(matrix.sum(1)), 1)
    a, b, c = (finer[triangles[:, k]] for k in range(3))
    assert (np.einsum("ij,ij->i", np.cross(b - a, c - a), a + b + c) < 0).all()  # wound inward, as it was given


def test_loop_keeps_a_flat_patch_flat_and_lone_vertices_where_they_are():
    side = 5
    places = np.array([[x, y, 0.0] for y in range(side) for x in range(side)] + [[9, 9, 9]])
    quads = np.array(
        [[y * side + x + d for d in (0, 1, side + 1, side)] for y in range(side - 1) for x in range(side - 1)]
    )
    matrix, triangles = loop(triangulate(quads), len(places))
    finer = matrix @ places
    assert np.allclose(finer[len(places) - 1], 9)
    assert np.allclose(np.delete(finer, len(places) - 1, axis=0)[:, 2], 0)
    inner = [y * side + x for y in range(1, side - 1) for x in range(1, side - 1)]
    assert np.allclose(finer[inner], places[inner])
    assert triangles.max() == len(finer) - 1
