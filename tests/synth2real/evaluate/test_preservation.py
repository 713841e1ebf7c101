import numpy as np
import pytest

from synth2real.evaluate.preservation import skin_tone_deg, spread


def test_skin_tone_by_hand():
    """sRGB (198, 134, 66) is Y .2945, Z .0911, so L* 61.2 and b* 45.6: ITA = atan2(11.2, 45.6) = 13.8 degrees, tan."""
    image, face = np.zeros((16, 16, 3), np.uint8), np.zeros((16, 16), bool)
    image[4:12, 4:12], face[4:12, 4:12] = (198, 134, 66), True
    image[4, 4:12] = 255  # the rim is left out
    assert skin_tone_deg(image, face) == pytest.approx(13.8, abs=0.2)
    pale = np.where(image == 0, image, np.uint8(230))
    assert skin_tone_deg(pale + np.array([10, 0, 0], np.uint8), face) > 55
    assert np.isnan(skin_tone_deg(image, np.zeros_like(face)))


def shapes(count, width, seed=0):
    mean = np.random.default_rng(9).uniform(20, 80, (68, 2))
    return mean + np.random.default_rng(seed).normal(0, width, (count, 68, 2))


def test_spread_is_of_shape_alone():
    original = shapes(40, 2.0)
    value, low, high = spread(original, original)
    assert (value, low, high) == pytest.approx((100, 100, 100))
    middle = original.mean(0)
    value, low, high = spread(middle + 0.5 * (original - middle), original)
    assert value == pytest.approx(50, abs=1) and low <= value <= high
    turn = np.array([[0, -1], [1, 0]])
    assert spread(1.5 * original @ turn + 7, original)[0] == pytest.approx(150, abs=1)  # in px of a bigger picture


def test_faces_that_nobody_sees_are_left_out():
    original, some = shapes(10, 2.0), shapes(10, 2.0)
    some[3] = np.nan
    assert np.isfinite(spread(some, original)[0])
    some[1:] = np.nan
    assert np.isnan(spread(some, original)[0])
