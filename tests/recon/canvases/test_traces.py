import io

import cv2
import numpy as np
import pytest
from PIL import Image

from recon.canvases.traces import blur_of, noise_of, quality_of

EVERYWHERE = np.ones((256, 256), bool)


def shapes(seed: int = 0, size: int = 256, fine: int = 8) -> np.ndarray:
    """(S, S, 3) float32 in [0, 1]: grey polygons with edges sampled by square pixels, exact to a `fine`-th of one."""
    rng = np.random.default_rng(seed)
    picture = np.full((size * fine, size * fine), 0.5, np.float32)
    for _ in range(40):
        corners = (rng.uniform(0, size, 2) + rng.normal(0, size / 8, (5, 2))) * fine
        cv2.fillPoly(picture, [cv2.convexHull(corners.astype(np.int32))], float(rng.uniform(0.15, 0.85)))
    grey = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    return np.repeat(grey[..., None], 3, -1)


def pixels(picture: np.ndarray) -> np.ndarray:
    return np.clip(np.round(255 * picture), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("sigma", [0.6, 1.0, 1.5, 2.5])
def test_a_known_blur_is_told(sigma: float) -> None:
    found = [blur_of(pixels(cv2.GaussianBlur(shapes(seed), (0, 0), sigma)), EVERYWHERE) for seed in range(3)]
    assert np.abs(np.array(found) / sigma - 1).max() < 0.2


def test_sharp_edges_are_sharp_with_grain_too() -> None:
    assert blur_of(pixels(shapes()), EVERYWHERE) < 0.45
    grain = np.random.default_rng(0).normal(0, 0.01, (256, 256, 3))
    blurred = cv2.GaussianBlur(shapes(), (0, 0), 1.5)
    assert blur_of(pixels(blurred + grain), EVERYWHERE) == pytest.approx(1.5, rel=0.25)


@pytest.mark.parametrize("sigma", [0.004, 0.01, 0.03])
def test_known_grain_is_told_on_shaded_shapes(sigma: float) -> None:
    line = np.linspace(-0.1, 0.1, 256)[None, :, None]
    grain = np.random.default_rng(1).normal(0, sigma, (256, 256, 3))
    assert noise_of(pixels(shapes() + line + grain), EVERYWHERE) == pytest.approx(sigma, rel=0.15)


def test_a_smooth_picture_has_no_grain_and_a_plain_one_no_edge() -> None:
    line = np.linspace(0.2, 0.8, 256, dtype=np.float32)
    smooth = np.repeat(np.outer(line, line)[..., None], 3, -1)
    assert noise_of(pixels(smooth), EVERYWHERE) < 0.0015
    assert np.isnan(blur_of(pixels(smooth), EVERYWHERE)) and np.isnan(noise_of(pixels(smooth), ~EVERYWHERE))


@pytest.mark.parametrize("quality", [25, 50, 75, 90, 95, 100])
def test_a_jpegs_quality_is_read_off_its_tables(quality: int) -> None:
    stream = io.BytesIO()
    Image.fromarray(pixels(shapes())).save(stream, "JPEG", quality=quality)
    photo = Image.open(stream)
    assert abs(quality_of(photo, 1.0) - quality) <= (quality > 90)
    assert quality_of(photo, 3.0) == 0  # shrunk to a third: its blocks are gone
    assert quality_of(Image.fromarray(pixels(shapes())), 1.0) == 0
