"""The cotangent Laplacian against spheres, planes and hand-made bad triangles."""

from __future__ import annotations

import numpy as np
import trimesh

from recon.geometry.laplacian import cotangent_laplacian, mollified_lengths


def sphere(radius: float) -> tuple[np.ndarray, np.ndarray]:
    mesh = trimesh.creation.icosphere(subdivisions=4, radius=radius)
    return np.array(mesh.vertices), np.array(mesh.faces)


def test_laplacian_of_a_sphere() -> None:
    """Coordinates are eigenfunctions of degree 1: -Lap x = 2 x / r^2; products x y of degree 2: 6 x y / r^2."""
    vertices, triangles = sphere(80.0)
    stiffness, mass = cotangent_laplacian(vertices, triangles)
    # lumped masses are a per cent off at the few irregular vertices, so compared in the mean square
    for function, eigenvalue in ((vertices, 2.0), (vertices[:, :1] * vertices[:, 1:2], 6.0)):
        found = (stiffness @ function) / mass[:, None]
        expected = eigenvalue * function / 80**2
        assert np.linalg.norm(found - expected) < 0.02 * np.linalg.norm(expected)
    np.testing.assert_allclose(mass.sum(), 4 * np.pi * 80**2, rtol=3e-3)


def test_constants_are_in_the_kernel_and_the_energy_is_never_negative() -> None:
    rng = np.random.default_rng(0)
    vertices, triangles = sphere(1.0)
    vertices = vertices + rng.normal(0, 0.05, vertices.shape)  # obtuse triangles everywhere
    stiffness, _ = cotangent_laplacian(vertices, triangles)
    assert abs(stiffness @ np.ones(len(vertices))).max() < 1e-9
    assert abs(stiffness - stiffness.T).max() < 1e-12
    for u in rng.normal(size=(20, len(vertices))):
        assert u @ stiffness @ u >= 0


def test_linear_functions_are_harmonic_inside_a_flat_irregular_patch() -> None:
    rng = np.random.default_rng(0)
    row, column = np.mgrid[:12, :12]
    plane = np.stack([column, row, 0 * row], -1).reshape(-1, 3) + rng.uniform(-0.3, 0.3, (144, 3)) * (1, 1, 0)
    corner = (row * 12 + column)[:-1, :-1].reshape(-1, 1)
    triangles = np.concatenate([corner + (0, 1, 13), corner + (0, 13, 12)])
    stiffness, _ = cotangent_laplacian(plane, triangles)
    inner = np.zeros((12, 12), bool)
    inner[1:-1, 1:-1] = True
    assert abs(stiffness @ plane)[inner.reshape(-1)].max() < 1e-9


def test_bad_triangles_stay_finite_and_bounded_and_good_meshes_are_left_alone() -> None:
    vertices, triangles = sphere(80.0)
    corners = vertices[triangles]
    exact = np.linalg.norm(np.roll(corners, -1, 1) - np.roll(corners, -2, 1), axis=-1)
    np.testing.assert_array_equal(mollified_lengths(vertices, triangles), exact)

    flat = np.array([[0.0, 0, 0], [1, 0, 0], [0.5, 0, 0], [0.5, 1, 0], [0.5, 1, 0], [9, 9, 9]])
    bad = np.array([[0, 1, 2], [0, 2, 3], [1, 3, 2], [3, 4, 2]])  # a line, two good ones, two corners in one place
    stiffness, mass = cotangent_laplacian(flat, bad)
    assert np.isfinite(stiffness.data).all() and abs(stiffness.data).max() < 1e3
    assert (mass[:5] > 0).all() and mass[5] == 0
    assert np.linalg.eigvalsh(stiffness.toarray()).min() > -1e-9
