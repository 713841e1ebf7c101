import numpy as np
import pytest
from PIL import Image

from recon.photos.framing import EYE_SHARE, EYES_MIDDLE, Framing, frame
from recon.reconstruction.proposals import TURNS, WINDOWS, turned_back, windows


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_a_frame_turned_back_shows_the_same_pixels(quarter):
    noise = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC)
    turned = image.transpose(TURNS[quarter])
    framing = Framing(np.array([turned.width / 2 + 5, turned.height / 2 - 3]), 20.0, 0.1)
    back = turned_back(framing, quarter, image.size)
    one, other = frame(turned, framing, 64).astype(int), frame(image, back, 64).astype(int)
    assert np.abs(one - other).max() <= 2


@pytest.mark.parametrize("size", [(300, 300), (900, 400), (200, 700)])
def test_windows_of_each_size_cover_the_photo_and_stay_inside(size):
    for share in WINDOWS:
        side = share * min(size)
        own = [one for one in windows(size) if one.eye_distance == pytest.approx(EYE_SHARE * side)]
        corners = np.array([one.middle - np.array(EYES_MIDDLE) * side for one in own])
        assert corners.min() > -1e-6 and (corners + side <= np.array(size) + 1e-6).all()
        spots = np.random.default_rng(0).uniform(0, 1, (50, 2)) * size
        seen = (spots[:, None] >= corners - 1e-6) & (spots[:, None] <= corners + side + 1e-6)
        assert seen.all(2).any(1).all()
