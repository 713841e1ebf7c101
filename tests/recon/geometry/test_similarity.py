"""Closed-form fits recover what made the target."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from recon.geometry.similarity import fit_affine, fit_rigid, fit_similarity


@pytest.fixture
def points() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(40, 3)) * 50 + (10, -20, -600)


def test_similarity_recovers_scale_rotation_and_translation(points: np.ndarray) -> None:
    rotation, translation = Rotation.from_euler("xyz", (0.3, -1.2, 2.0)).as_matrix(), np.array([5.0, -3.0, 400.0])
    fit = fit_similarity(points, 1.7 * points @ rotation.T + translation)
    assert fit.scale == pytest.approx(1.7)
    np.testing.assert_allclose(fit.rotation, rotation, atol=1e-10)
    np.testing.assert_allclose(fit.translation, translation, atol=1e-7)
    np.testing.assert_allclose(fit.inverse()(fit(points)), points, atol=1e-9)


def test_a_mirrored_target_still_gets_a_proper_rotation(points: np.ndarray) -> None:
    fit = fit_similarity(points, points * (-1, 1, 1))
    assert np.linalg.det(fit.rotation) == pytest.approx(1)


def test_rigid_keeps_the_scale(points: np.ndarray) -> None:
    fit = fit_rigid(points, 3 * points)
    assert fit.scale == 1
    np.testing.assert_allclose(fit.rotation, np.eye(3), atol=1e-10)
    np.testing.assert_allclose(fit(points).mean(0), 3 * points.mean(0), atol=1e-9)


def test_zero_weights_leave_outliers_out(points: np.ndarray) -> None:
    target, weights = 2 * points + 1, np.ones(len(points))
    target[::5] += 1000
    weights[::5] = 0
    fit = fit_similarity(points, target, weights)
    np.testing.assert_allclose(fit(points)[1], target[1], atol=1e-8)


def test_no_similarity_in_the_neighbourhood_fits_better(points: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    target = 1.3 * points @ Rotation.random(random_state=2).as_matrix().T + rng.normal(size=points.shape) * 4
    fit = fit_similarity(points, target)
    best = ((fit(points) - target) ** 2).sum()
    for _ in range(50):
        turn = Rotation.from_rotvec(rng.normal(size=3) * 1e-3).as_matrix()
        scale, shift = fit.scale * (1 + rng.normal() * 1e-3), fit.translation + rng.normal(size=3) * 0.1
        assert (((scale * points @ (turn @ fit.rotation).T + shift) - target) ** 2).sum() > best


def test_affine_recovers_shear(points: np.ndarray) -> None:
    linear = np.array([[1.0, 0.4, 0.0], [0.0, -0.8, 0.2], [0.1, 0.0, 2.0]])
    fit = fit_affine(points, points @ linear.T + (1, 2, 3))
    np.testing.assert_allclose(fit.linear, linear, atol=1e-9)
    np.testing.assert_allclose(fit(points), points @ linear.T + (1, 2, 3), atol=1e-6)


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        fit_similarity(np.ones((4, 3)), np.zeros((4, 3)))
    with pytest.raises(ValueError, match="one shape"):
        fit_similarity(np.ones((4, 3)), np.zeros((5, 3)))
