"""RANSAC against known maps and known outliers."""

from __future__ import annotations

import numpy as np
import pytest

from recon.geometry.similarity import fit_similarity
from recon.registration.affine import affine_solver, ransac_affine


def pairs(outliers: float, noise_mm: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    source = rng.uniform(-80, 80, (1500, 3))
    truth = np.concatenate([np.eye(3) + rng.normal(0, 0.2, (3, 3)), rng.normal(0, 50, (3, 1))], 1)
    target = source @ truth[:, :3].T + truth[:, 3] + rng.normal(0, noise_mm, source.shape)
    wrong = rng.random(len(source)) < outliers
    target[wrong] += rng.choice([-1, 1], (wrong.sum(), 3)) * rng.uniform(10, 90, (wrong.sum(), 3))
    return source, target, truth, wrong


def test_a_known_map_comes_back_exactly_with_30_per_cent_outliers() -> None:
    source, target, truth, wrong = pairs(0.3)
    affine, inliers = ransac_affine(source, target)
    np.testing.assert_allclose(affine.linear, truth[:, :3], atol=1e-9)
    np.testing.assert_allclose(affine.translation, truth[:, 3], atol=1e-7)
    np.testing.assert_array_equal(inliers, ~wrong)


def test_with_noise_the_answer_is_the_least_squares_fit_of_the_inliers() -> None:
    source, target, truth, wrong = pairs(0.3, noise_mm=0.5)
    affine, inliers = ransac_affine(source, target)
    assert (inliers == ~wrong).mean() > 0.999
    expected = affine_solver(source[~wrong], target[~wrong])
    np.testing.assert_allclose(affine(source), source @ expected[:, :3].T + expected[:, 3], atol=0.02)
    np.testing.assert_allclose(affine.linear, truth[:, :3], atol=2e-3)


def test_the_same_seed_gives_the_same_bits() -> None:
    source, target, _, _ = pairs(0.5, noise_mm=1.0)
    first, again, other = (ransac_affine(source, target, iterations=50, seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.linear, again.linear)
    assert not np.array_equal(first.linear, other.linear)


def test_solver_and_error_are_the_callers() -> None:
    """Similarities from three pairs, judged along z alone: outliers across it don't count as such."""
    source, _, _, _ = pairs(0.0)
    target = 1.5 * source[:, [1, 0, 2]] * (-1, 1, 1) + (1, 2, 3)
    shifted = target.copy()
    shifted[:300, 2] += 40

    def similarities(source: np.ndarray, target: np.ndarray) -> np.ndarray:
        fits = [fit_similarity(a, b) for a, b in zip(source, target, strict=True)]
        return np.stack([np.concatenate([fit.scale * fit.rotation, fit.translation[:, None]], 1) for fit in fits])

    def along_z(maps: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        return np.abs(maps[:, 2, :3] @ source.T + maps[:, 2, 3:] - target[:, 2])

    affine, inliers = ransac_affine(source, shifted, iterations=60, sample=3, solver=similarities, error=along_z)
    np.testing.assert_allclose(affine(source), target, atol=1e-8)
    assert not inliers[:300].any() and inliers[300:].all()


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="needs 4 pairs, 3 were given"):
        ransac_affine(np.zeros((3, 3)), np.zeros((3, 3)))
