from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recon.errors import UserError
from recon.evaluate.webmorph import POINTS, PUPILS, load_framed
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE
from tests.shared import SHARED

SIZE = 64
LONDON = SHARED / "eval" / "london_dev"


def test_folders_without_what_is_needed_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no \.jpg"):
        load_framed(tmp_path, SIZE)
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "a.pts").write_text("1 2\n3 4\n")
    with pytest.raises(UserError, match="189"):
        load_framed(tmp_path, SIZE)
    (tmp_path / "a.pts").write_text("\n".join(f"{i} {i * i % 50}" for i in range(189)))
    with pytest.raises(UserError, match=r"a\.jpg: not a readable image"):
        load_framed(tmp_path, SIZE)


def test_the_pupils_come_to_their_places_and_points_go_with_the_pixels(tmp_path: Path) -> None:
    points = np.full((189, 2), 100.0)
    points[PUPILS[0]], points[PUPILS[1]] = (120.0, 150.0), (180.0, 162.0)  # tilted
    points[POINTS[8]] = (140.0, 230.0)
    pixels = np.zeros((300, 300, 3), np.uint8)
    pixels[222:238, 132:148] = 255  # about the chin's point
    Image.fromarray(pixels).save(tmp_path / "a.jpg", quality=100, subsampling=0)
    (tmp_path / "a.pts").write_text("\n".join(f"{x} {y}" for x, y in points))
    photo = load_framed(tmp_path, SIZE)[0]
    row, column = np.nonzero(photo.rgb[..., 0] > 128)
    np.testing.assert_allclose(photo.points[8], (column.mean() + 0.5, row.mean() + 0.5), atol=0.3)
    scale = EYE_SHARE * SIZE / np.hypot(60, 12)
    middle = np.array([0.5, EYES_MIDDLE[1]]) * SIZE
    distance = np.linalg.norm(np.array([140.0, 230.0]) - (150.0, 156.0)) * scale
    assert np.linalg.norm(photo.points[8] - middle) == pytest.approx(distance)


@pytest.mark.skipif(not LONDON.is_dir(), reason=f"the evaluation data is not at {LONDON}")
def test_real_photos_load_and_are_framed_like_the_renders() -> None:
    photos = load_framed(LONDON, SIZE)
    assert len(photos) == 50
    for photo in photos:
        eyes = [np.mean([photo.points[a], photo.points[b]], axis=0) for a, b in ((36, 39), (42, 45))]
        assert 0.23 < (eyes[1] - eyes[0])[0] / SIZE < 0.31
        assert abs(np.mean(eyes, axis=0)[0] / SIZE - 0.5) < 0.03
