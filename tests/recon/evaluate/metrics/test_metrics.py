"""Metrics in closed form: exact answers give 0, known scales and shifts are undone, missed pixels cost what they
should."""

from __future__ import annotations

import numpy as np
import pytest

from recon.evaluate.metrics.correspondence import correspondence_errors
from recon.evaluate.metrics.depth import depth_errors, fit_scale_and_shift
from recon.evaluate.metrics.intervals import bootstrap_interval
from recon.evaluate.metrics.mask import coverage, mask_iou
from recon.evaluate.metrics.missed import charge_missed
from recon.evaluate.metrics.normals import normal_angle_deg
from recon.evaluate.report import Report, summary_rows

BOX_MM = np.array([[-80.0, -100.0, 20.0], [80.0, 80.0, 120.0]])


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


def test_a_missed_pixel_is_charged_the_ninetieth_percentile() -> None:
    errors, covered = np.arange(200.0), np.arange(200) < 101
    charged = charge_missed(errors, covered, worst=1e6)
    assert (charged[:101] == errors[:101]).all()
    assert charged[101:] == pytest.approx(90)


def test_dropping_the_hard_pixels_gains_nothing(depth: np.ndarray) -> None:
    predicted = depth + np.random.default_rng(1).normal(size=len(depth)) * 3
    kept_all = depth_errors(predicted, depth, everywhere(depth))
    hardest = np.abs(predicted - depth) > np.percentile(np.abs(predicted - depth), 95)
    dropped = depth_errors(predicted, depth, ~hardest)
    assert dropped.mean > 0.9 * kept_all.mean


def test_nothing_detected_costs_the_worst(depth: np.ndarray) -> None:
    nowhere = np.zeros(len(depth), bool)
    assert depth_errors(depth, depth, nowhere).mean == pytest.approx(100)
    places = np.random.default_rng(0).random((50, 3))
    worst = correspondence_errors(places, places, nowhere[:50], BOX_MM)
    assert worst.mean_mm == pytest.approx(np.linalg.norm(BOX_MM[1] - BOX_MM[0]))


def test_correspondence_is_measured_in_mm_of_the_canonical_face() -> None:
    true = np.random.default_rng(0).random((100, 3))
    moved = true + [0.01, 0, 0]  # one per cent of a box 160 mm wide
    errors = correspondence_errors(moved, true, np.ones(100, bool), BOX_MM)
    assert errors.mean_mm == pytest.approx(1.6) and errors.p90_mm == pytest.approx(1.6)


def test_masks() -> None:
    true = np.zeros((10, 10), bool)
    true[2:8, 2:8] = True
    half = true.copy()
    half[:, 5:] = False
    assert mask_iou(true, true) == 1 and coverage(true, true) == 1
    assert mask_iou(half, true) == pytest.approx(0.5) and coverage(half, true) == pytest.approx(0.5)
    assert mask_iou(np.ones_like(true), true) == pytest.approx(0.36) and coverage(np.ones_like(true), true) == 1
    assert mask_iou(~true & False, ~true & False) == 1


def test_normals_of_a_tilted_plane_are_off_by_the_tilt() -> None:
    row, column = np.mgrid[0:20, 0:20].astype(float)
    tilt = np.radians(25)
    position = np.stack([column, -row, -column * np.tan(tilt)])
    mask = np.ones((20, 20), bool)
    true = np.zeros((20, 20, 3))
    true[..., 2] = 1
    assert normal_angle_deg(position, mask, true, mask) == pytest.approx(25)
    tilted = np.broadcast_to([np.sin(tilt), 0, np.cos(tilt)], (20, 20, 3))
    assert normal_angle_deg(7 * position, mask, tilted, mask) == pytest.approx(0, abs=1e-5)
    assert normal_angle_deg(position, ~mask, tilted, mask) == 180


def test_the_bootstrap_interval_holds_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        low, high = bootstrap_interval(rng.normal(5, 2, 60))
        held += low <= 5 <= high
    assert 178 <= held <= 199
    assert np.isnan(bootstrap_interval(np.array([1.0]))).all()


def test_report_writes_a_table_and_every_image(tmp_path) -> None:
    per_image = [{"error": 1.0}, {"error": 3.0}, {"error": float("nan")}]
    report = Report(
        "Test",
        ("measure", "mean", "interval", "median"),
        summary_rows(per_image, {"error": "error (mm)"}),
        ("a note",),
        per_image,
    )
    report.save(tmp_path / "out", "test")
    text = (tmp_path / "out" / "test.md").read_text()
    assert "| error (mm) | 2.00 " in text and "- a note" in text
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"test.md", "test.json"}
