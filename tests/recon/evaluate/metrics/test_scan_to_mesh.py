from __future__ import annotations

import numpy as np
import pytest
import trimesh
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from recon.evaluate.metrics.scan_to_mesh import crop, refine, scan_to_mesh
from recon.geometry.similarity import Similarity

SEVEN = np.array(
    [[-45.0, 0, 0], [-15, 0, 5], [15, 0, 5], [45, 0, 0], [0, -40, 10], [-25, -70, 5], [25, -70, 5]]
)  # outer and inner corners, the nose's base, the mouth's corners


def bumpy(count: int = 25) -> tuple[np.ndarray, np.ndarray]:
    """A curved sheet that no similarity but one lays on itself."""
    x, y = np.meshgrid(np.linspace(-70, 70, count), np.linspace(-100, 60, count))
    z = 30 - x**2 / 150 - (y + 20) ** 2 / 400 + 5 * np.sin(x / 15) * np.cos(y / 20) + 0.03 * x
    k = np.arange(count * count).reshape(count, count)
    lower = np.stack([k[:-1, :-1], k[:-1, 1:], k[1:, 1:]], -1).reshape(-1, 3)
    upper = np.stack([k[:-1, :-1], k[1:, 1:], k[1:, :-1]], -1).reshape(-1, 3)
    return np.stack([x, y, z], -1).reshape(-1, 3), np.concatenate([lower, upper])


def test_the_crop_by_hand() -> None:
    centre, radius = np.array([0, -28.0, 8.5]), 1.4 * (90 + np.hypot(40, 5)) / 2
    along = np.array([[0, 1.0, 0], [1, 0, 0], [0, 0, -1]])
    assert crop(centre + 0.999 * radius * along, SEVEN).all()
    assert not crop(centre + 1.001 * radius * along, SEVEN).any()


def test_a_mesh_of_any_unit_and_pose_is_laid_on_its_own_scan() -> None:
    vertices, triangles = bumpy()
    turn = Rotation.from_euler("xyz", (20, -30, 10), degrees=True).as_matrix()
    away = Similarity(0.001, turn, np.array([1.0, 2.0, 3.0]))
    rough = away(SEVEN + np.random.default_rng(0).normal(0, 3, (7, 3)))
    laid = scan_to_mesh(vertices, SEVEN, away(vertices), triangles, rough)
    assert laid.distance.max() < 0.02 and laid.pose.scale == pytest.approx(1000, rel=1e-3)
    inside = crop(vertices, SEVEN)
    assert len(laid.distance) == inside.sum() < len(vertices)


def slow_refine(points: np.ndarray, mesh: np.ndarray, triangles: np.ndarray) -> float:
    """The least mean square distance, by a general optimiser without derivatives, exact distances by trimesh."""

    def loss(x: np.ndarray) -> float:
        moved = np.exp(x[0]) * mesh @ Rotation.from_rotvec(x[1:4]).as_matrix().T + 10 * x[4:]
        return float((trimesh.proximity.closest_point(trimesh.Trimesh(moved, triangles), points)[1] ** 2).mean())

    return minimize(loss, np.zeros(7), method="Powell", options={"xtol": 1e-3, "ftol": 1e-4}).fun


def test_the_refined_sum_is_that_of_a_slow_optimiser() -> None:
    rng = np.random.default_rng(0)
    mesh, triangles = bumpy(7)
    points = bumpy(7)[0] + rng.normal(0, 1.5, mesh.shape)
    points = 1.02 * points @ Rotation.from_rotvec([0.02, 0.03, -0.02]).as_matrix().T + (1, -1, 2)
    laid = refine(points, mesh, triangles, Similarity(1.0, np.eye(3), np.zeros(3)))
    assert np.mean(laid.distance**2) == pytest.approx(slow_refine(points, mesh, triangles), rel=0.01)
    moved = trimesh.Trimesh(laid.pose(mesh), triangles)
    np.testing.assert_allclose(laid.distance, trimesh.proximity.closest_point(moved, points)[1], atol=1e-6)


def test_a_step_in_depth_is_told_in_mm() -> None:
    """Half of a flat scan lies 2 mm before the plane: the plane settles in the middle, a mm from both."""
    x, y = np.meshgrid(np.linspace(-50, 50, 40), np.linspace(-50, 50, 40))
    points = np.stack([x.ravel(), y.ravel(), 2.0 * (np.indices((40, 40)).sum(0).ravel() % 2)], 1)
    plane = np.array([[-200.0, -200, 0], [200, -200, 0], [200, 200, 0], [-200, 200, 0]])
    laid = refine(points, plane, np.array([[0, 1, 2], [0, 2, 3]]), Similarity(1.0, np.eye(3), np.zeros(3)))
    assert laid.distance.mean() == pytest.approx(1, abs=1e-3) and laid.distance.std() < 1e-2
