import numpy as np
import pytest

from recon.canvases.light import light_of, linear, shown
from recon.render.harmonics import polynomials

SIZE = 96
LINE = (np.arange(SIZE) + 0.5) / SIZE * 2.1 - 1.05
X, Y = np.meshgrid(LINE, -LINE)
BALL = X**2 + Y**2 < 0.9
NORMALS = np.where(
    BALL[..., None], np.stack([X, Y, np.sqrt(np.maximum(1 - X**2 - Y**2, 0))], -1), np.nan
)  # of a ball, NaN beside it
TONE = np.array([0.42, 0.25, 0.18])
LIGHT = np.zeros((9, 3))
LIGHT[0] = 0.8
LIGHT[1:4] = [[0.25, 0.2, 0.15], [0.2, 0.2, 0.2], [-0.1, 0.0, 0.15]]  # up, toward the viewer, bluish from the right


def photo_of_ball() -> np.ndarray:
    colours = TONE * np.maximum(polynomials(np.nan_to_num(NORMALS)) @ LIGHT, 0)
    return np.round(255 * shown(colours)).astype(np.uint8)


def test_known_light_is_read_off_a_ball() -> None:
    found = light_of(photo_of_ball(), NORMALS, BALL, BALL)
    assert found is not None and found.residual < 0.02
    true = TONE * (polynomials(NORMALS[BALL]) @ LIGHT)
    np.testing.assert_allclose(found.on(NORMALS[BALL]), true, rtol=0.06, atol=0.005)
    np.testing.assert_allclose((polynomials(NORMALS[BALL]) @ found.coefficients).mean(0), 1, atol=1e-3)
    np.testing.assert_allclose(found.tone, true.mean(0), rtol=0.02)


def test_highlights_and_hair_do_not_count() -> None:
    rng = np.random.default_rng(0)
    photo, clean = photo_of_ball(), light_of(photo_of_ball(), NORMALS, BALL, BALL)
    photo[rng.random((SIZE, SIZE)) < 0.12] = 245
    photo[:12][rng.random((12, SIZE)) < 0.8] = 20
    found = light_of(photo, NORMALS, BALL, BALL)
    assert found is not None and clean is not None
    np.testing.assert_allclose(found.on(NORMALS[BALL]), clean.on(NORMALS[BALL]), rtol=0.25, atol=0.02)
    assert found.residual > clean.residual


def test_a_face_of_few_pixels_tells_nothing() -> None:
    few = np.zeros_like(BALL)
    few[40:50, 40:50] = True
    assert light_of(photo_of_ball(), NORMALS, few, BALL) is None


def test_the_power_law_goes_both_ways() -> None:
    levels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(np.round(255 * shown(linear(levels))), levels)
    assert linear(np.array([186]))[0] == pytest.approx(0.5, abs=0.01)
