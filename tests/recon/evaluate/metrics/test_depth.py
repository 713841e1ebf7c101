"""Exact answers give 0, known scales and shifts are undone."""

from __future__ import annotations

import numpy as np
import pytest

from recon.evaluate.metrics.depth import depth_errors, fit_scale_and_shift


@pytest.fixture
def depth() -> np.ndarray:
    row, column = np.mgrid[-1:1:60j, -1:1:60j]
    return (60 * (1 - row**2 - 0.5 * column**2) + 5 * np.sin(9 * row)).ravel()


def everywhere(values: np.ndarray) -> np.ndarray:
    return np.ones(len(values), bool)


def test_a_known_scale_and_shift_along_depth_costs_nothing(depth: np.ndarray) -> None:
    errors = depth_errors(0.013 * depth - 7, depth, everywhere(depth))
    assert errors.p90 == pytest.approx(0, abs=1e-9)
    assert errors.scale == pytest.approx(1 / 0.013)


def test_thirty_per_cent_of_outliers_do_not_move_the_fit(depth: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    predicted = 2 * depth + 40
    wild = rng.random(len(depth)) < 0.3
    predicted[wild] += rng.uniform(50, 300, wild.sum())
    scale, shift = fit_scale_and_shift(predicted, depth)
    assert scale == pytest.approx(0.5, rel=2e-3)
    assert shift == pytest.approx(-20, abs=0.2)
    least_squares = np.polyfit(predicted, depth, 1)
    assert abs(least_squares[0] - 0.5) > 0.1, "the outliers must matter to a fit that is not robust"


def test_errors_are_per_cent_of_the_true_range(depth: np.ndarray) -> None:
    errors = np.tile([1.0, -1.0], len(depth) // 2)
    measured = depth_errors(depth + errors, depth, everywhere(depth))
    assert measured.mean == pytest.approx(100 / np.ptp(depth), rel=0.02)
    assert measured.mean_mm == pytest.approx(1, rel=0.02)


def test_an_inverted_or_flat_depth_gets_no_scale(depth: np.ndarray) -> None:
    for predicted in (-depth, np.full_like(depth, 3.0)):
        assert fit_scale_and_shift(predicted, depth) == (0.0, np.median(depth))


def test_the_same_seed_gives_the_same_fit(depth: np.ndarray) -> None:
    noisy = depth + np.random.default_rng(0).normal(size=len(depth)) * 8
    assert fit_scale_and_shift(noisy, depth, seed=4) == fit_scale_and_shift(noisy, depth, seed=4)


def test_dropping_the_hard_pixels_gains_nothing(depth: np.ndarray) -> None:
    predicted = depth + np.random.default_rng(1).normal(size=len(depth)) * 3
    kept_all = depth_errors(predicted, depth, everywhere(depth))
    hardest = np.abs(predicted - depth) > np.percentile(np.abs(predicted - depth), 95)
    dropped = depth_errors(predicted, depth, ~hardest)
    assert dropped.mean > 0.9 * kept_all.mean


def test_nothing_detected_costs_the_whole_range(depth: np.ndarray) -> None:
    assert depth_errors(depth, depth, ~everywhere(depth)).mean == pytest.approx(100)
