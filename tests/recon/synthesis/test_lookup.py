from __future__ import annotations

import numpy as np

from recon.synthesis.lookup import Lookup

SIDE = 8
STILL = np.eye(2, 3)
RAMP = np.arange(SIDE, dtype=np.float32)[None].repeat(SIDE, 0)


def moved(right: float, down: float = 0.0) -> Lookup:
    """The image shifted by so many pixels."""
    return Lookup(np.array([[1, 0, right], [0, 1, down]], float), SIDE, SIDE)


def test_without_motion_everything_is_as_it_was() -> None:
    rng = np.random.default_rng(0)
    mask, image = rng.random((SIDE, SIDE)) < 0.5, rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    values = rng.normal(size=(SIDE, SIDE, 3)).astype(np.float32)
    values[2, 3] = np.nan
    still = Lookup(STILL, SIDE, SIDE)
    assert np.array_equal(still.nearest(mask), mask) and np.array_equal(still.colours(image), image)
    assert np.array_equal(still.smooth(values, np.inf), values, equal_nan=True)


def test_a_shift_takes_pixels_along_and_brings_nothing_in() -> None:
    codes = np.arange(1, SIDE**2 + 1, dtype=np.uint8).reshape(SIDE, SIDE)
    seen = moved(2, -1).nearest(codes)
    assert np.array_equal(seen[:-1, 2:], codes[1:, :-2]) and not seen[:, :2].any() and not seen[-1].any()
    there = moved(2).smooth(RAMP, np.inf)
    assert np.array_equal(there[:, 2:], RAMP[:, :-2]) and np.isnan(there[:, :2]).all()
    image = codes[..., None].repeat(3, 2)
    assert np.array_equal(moved(2).colours(image)[:, :2], image[:, 1::-1])  # the image goes on as its mirror image


def test_between_pixels_even_maps_are_bilinear_and_edges_keep_their_side() -> None:
    half = moved(0.5).smooth(RAMP, 1.0)
    assert np.allclose(half[:-1, 1:], RAMP[:-1, 1:] - 0.5)  # but in the last row, which has no neighbours
    steep = np.where(RAMP < 4, 0, 10).astype(np.float32)
    assert set(np.unique(moved(0.3).smooth(steep, 1.0)[:, 1:])) == {0, 10}
    assert 0 < moved(0.3).smooth(steep, 20.0)[0, 4] < 10
    holed = RAMP.copy()
    holed[:, 4] = np.nan
    beside = moved(0.3).smooth(holed, 5.0)
    assert np.array_equal(np.isnan(beside[0]), np.arange(SIDE) == 4)  # only where the nearest pixel has none
    assert beside[0, 5] == 5 and np.isclose(beside[0, 3], 2.7, atol=1 / 64)  # beside the hole the nearest alone


def test_all_channels_are_taken_from_the_same_pixels() -> None:
    values = np.stack([RAMP, np.where(RAMP < 4, 0, 10), RAMP], -1).astype(np.float32)
    seen = moved(0.3).smooth(values, 2.0)
    assert seen[0, 4, 0] == 4 and seen[0, 4, 1] == 10  # the middle one is uneven there
    assert np.isclose(seen[0, 2, 0], 1.7, atol=1 / 64)


def test_a_smaller_image_is_the_mean_of_the_pixels() -> None:
    image = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    small = Lookup(STILL / 2, SIDE, SIDE // 2).colours(image)
    means = image.reshape(SIDE // 2, 2, SIDE // 2, 2, 3).mean((1, 3))
    assert np.abs(small - means).max() <= 0.5
