import numpy as np
import pytest

from recon.synthesis.on_canvas_warp import least_area, spline, warp_between

SIZE = 128


def ellipse(width: float, height: float, shift: float = 0.0) -> np.ndarray:
    line = np.arange(SIZE) - SIZE / 2 + 0.5
    return ((line[None] - shift) / width) ** 2 + (line[:, None] / height) ** 2 < 1


def test_the_old_contour_comes_to_the_new_one() -> None:
    old, new = ellipse(30, 40), ellipse(25, 44, 2)
    warp = warp_between(old, new)
    moved = warp.codes(old)
    assert warp.share == 1 and (old ^ new).sum() > 400
    assert (moved ^ new).sum() < 0.12 * (old ^ new).sum()


def test_the_same_contour_and_what_is_far_away_keep_their_bits() -> None:
    image = np.random.default_rng(0).random((SIZE, SIZE, 3)).astype(np.float32)
    assert np.array_equal(warp_between(ellipse(30, 40), ellipse(30, 40)).picture(image), image)
    there = warp_between(ellipse(30, 40), ellipse(25, 44)).picture(image)
    away = ~ellipse(55, 66)
    assert np.array_equal(there[away], image[away]) and not np.array_equal(there, image)


def test_a_warp_that_would_fold_the_photo_is_made_smaller() -> None:
    warp = warp_between(ellipse(12, 12, -30), ellipse(45, 45, 10))
    rows, columns = np.gradient(np.stack([warp.columns, warp.rows], -1), axis=(0, 1))
    assert warp.share < 1 and (columns[..., 0] * rows[..., 1] - columns[..., 1] * rows[..., 0]).min() > 0


def test_the_spline_goes_through_its_knots_and_keeps_affine_maps() -> None:
    rng = np.random.default_rng(1)
    knots, places = rng.random((20, 2)), rng.random((7, 2))
    affine = np.array([[0.2, -0.1], [0.05, 0.3]])
    assert spline(knots, knots @ affine + 0.1, places) == pytest.approx(places @ affine + 0.1, abs=1e-6)
    values = rng.random((20, 2))
    assert np.abs(spline(knots, values, knots) - values).max() < 0.2


def test_areas_are_told() -> None:
    line = (np.arange(49) + 0.5) / 49
    grid = np.stack(np.meshgrid(line, line), -1)
    assert least_area(0 * grid) == pytest.approx(1)
    assert least_area(-0.5 * grid) == pytest.approx(0.25)
    assert least_area(grid * (-2, 0)) == pytest.approx(-1)
