"""Maps with known surfaces: what is joined, what is cut; cameras recovered from what they saw."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from recon.geometry.cameras import Camera
from recon.reconstruction.camera import recover_camera
from recon.registration.map_mesh import map_to_mesh


def dome(size: int = 64, focal: float = 360.0) -> tuple[np.ndarray, np.ndarray, np.ndarray, Camera]:
    """A dome of radius 100 mm at 600 mm: position relative to its top, correspondence, mask, camera."""
    distance = 600.0
    camera = Camera(focal, (size / 2 + 3, size / 2 - 5), size)
    v, u = np.mgrid[:size, :size] + 0.5
    x, y = (u - camera.centre_px[0]) / focal, -(v - camera.centre_px[1]) / focal
    rays = np.stack([x, y, -np.ones_like(x)], -1)
    middle = np.array([0.0, 0.0, -distance - 100])
    b, c = -(rays @ middle), middle @ middle - 100**2
    a = (rays**2).sum(-1)
    root = b**2 - a * c
    places = rays * ((-b - np.sqrt(np.maximum(root, 0))) / a)[..., None]
    mask = (root > 0) & (np.linalg.norm(places - (middle + (0, 0, 100)), axis=-1) < 60)
    position = np.where(mask[..., None], places + (0, 0, distance), np.nan)
    return position, (position + 100) / 200, mask, camera


def test_neighbouring_pixels_are_joined_into_one_surface_that_faces_the_camera() -> None:
    position, correspondence, mask, _ = dome()
    mesh = map_to_mesh(position, correspondence, mask)
    assert len(mesh.vertices) > 0.97 * mask.sum()
    assert (mesh.normals[:, 2] > 0).all()
    outward = mesh.vertices + (0, 0, 100)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    assert ((mesh.normals * outward).sum(1) > np.cos(np.radians(3))).mean() > 0.95
    row, column = (mesh.pixels[:, 1] - 0.5).astype(int), (mesh.pixels[:, 0] - 0.5).astype(int)
    np.testing.assert_array_equal(mesh.vertices, position[row, column])
    np.testing.assert_array_equal(mesh.correspondence, correspondence[row, column])


def test_three_of_four_pixels_make_one_triangle_and_two_make_none() -> None:
    row, column = np.mgrid[:2, :2]
    position = np.stack([column, -row, 0 * row], -1).astype(float)
    for missing in ((0, 0), (0, 1), (1, 0), (1, 1)):
        mask = np.ones((2, 2), bool)
        mask[missing] = False
        mesh = map_to_mesh(position, position, mask)
        assert len(mesh.triangles) == 1 and len(mesh.vertices) == 3 and (mesh.normals[:, 2] == 1).all()
        assert mesh.border.all()
    assert len(map_to_mesh(position, position, np.eye(2, dtype=bool)).triangles) == 0
    assert map_to_mesh(position, position, np.ones((2, 2), bool)).border.sum() == 4


def test_a_step_in_depth_and_pixels_that_lie_are_cut_and_holes_stay() -> None:
    row, column = np.mgrid[:20, :20]
    position = np.stack([column, -row, np.where(column < 10, 0.0, -15.0)], -1)
    correspondence = np.stack([column, row, 0 * row], -1) / 20
    correspondence[5, 5] = 0.9  # speaks of another part of the face
    mask = np.ones((20, 20), bool)
    mask[14:16, 3:5] = False
    mesh = map_to_mesh(position, correspondence, mask)
    assert (np.ptp(mesh.vertices[mesh.triangles][..., 2], axis=1) == 0).all()
    assert not (mesh.pixels == (5.5, 5.5)).all(1).any()
    # 342 cells; the hole takes 9 of them but for a triangle at each of its corners, the pixel 6 triangles in its 4
    assert len(mesh.triangles) == 2 * 342 - (18 - 4) - 6


def test_the_camera_comes_back_from_what_it_saw() -> None:
    position, correspondence, mask, camera = dome()
    mesh = map_to_mesh(position, correspondence, mask)
    found = recover_camera(mesh.pixels, mesh.vertices, (64, 64))
    assert found.focal_px == pytest.approx(camera.focal_px, rel=1e-6)
    np.testing.assert_allclose(found.centre_px, camera.centre_px, atol=1e-4)
    assert 1 / found.closeness == pytest.approx(600, rel=1e-6)
    expected = camera.project(torch.from_numpy(mesh.vertices - (0, 0, 600))).numpy()
    np.testing.assert_allclose(found.project(mesh.vertices), expected, atol=1e-6)


def test_noise_and_outliers_leave_the_pixels_where_they_are() -> None:
    rng = np.random.default_rng(0)
    position, correspondence, mask, _ = dome(128, focal=720.0)
    mesh = map_to_mesh(position, correspondence, mask)
    noisy = mesh.vertices + rng.normal(0, 0.5, mesh.vertices.shape)
    wrong = rng.random(len(noisy)) < 0.2
    noisy[wrong] += rng.uniform(-30, 30, (wrong.sum(), 3))
    found = recover_camera(mesh.pixels, noisy, (128, 128))
    assert np.linalg.norm(found.project(mesh.vertices) - mesh.pixels, axis=1).max() < 0.3


def test_parallel_rays_give_a_scaled_orthographic_camera() -> None:
    rng = np.random.default_rng(0)
    positions = rng.uniform(-60, 60, (2000, 3))
    pixels = np.array([70.0, 55.0]) + 1.3 * positions[:, :2] * (1, -1) + rng.normal(0, 0.05, (2000, 2))
    found = recover_camera(pixels, positions, (128, 128))
    assert found.closeness == 0 and found.focal_px == float("inf")
    assert found.scale_px == pytest.approx(1.3, rel=1e-3)
    np.testing.assert_allclose(found.origin_px, (70, 55), atol=0.01)
