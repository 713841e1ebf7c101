"""Where drawn faces differ from photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recon.errors import UserError
from recon.evaluate.held_out import drawn_records
from recon.evaluate.person_settings import AppearanceSettings
from recon.evaluate.protocols import appearance
from recon.evaluate.protocols.appearance import BROWS, SKIN, WHITES, look_of, off, parts_of, template
from recon.faces import load
from tests.recon.evaluate.protocols.drawn_photos import photos_of

SIZE = 64


def test_distance_to_a_segment() -> None:
    points = np.array([[0.0, 2, 0], [5, 0, 0], [-3, 4, 0]])
    start, end = np.array([0.0, 0, 0]), np.array([2.0, 0, 0])
    assert off(points, start, end) == pytest.approx([2, 3, 5])
    assert off(points, start, start) == pytest.approx([2, 5, 5])


def test_landmarks_lie_in_the_parts_that_are_named_after_them_on_both_sides() -> None:
    marks, low, high = template()
    parts = parts_of(((marks - low) / (high - low))[None])
    for name, numbers in {"nose": (28, 29), "upper lids": (37, 38, 43, 44), "lower lids": (40, 41, 46, 47)}.items():
        assert parts[name][0, list(numbers)].all()
    assert not parts["forehead"].any() and not (parts["upper lids"] & parts["lower lids"]).any()


def test_tone_redness_and_share_are_those_of_a_made_face() -> None:
    """Half skin, a quarter of it brows of half its light, and nothing of the other places."""
    image = np.full((SIZE, SIZE, 3), 120, np.uint8)
    seen = np.full((SIZE, SIZE), SKIN)
    seen[:16, :32], image[:16, :32] = BROWS, round(120 * 0.5 ** (1 / appearance.GAMMA))
    image[:16, :32, 0] = 120
    mask = np.zeros((SIZE, SIZE), bool)
    mask[:, :32] = True
    (look,) = look_of(image, mask, np.full((SIZE, SIZE, 3), 2.0), seen)
    red, *_ = appearance.LUMINANCE
    assert look["brows"]["tone"] == pytest.approx(np.log(red + (1 - red) * 0.5), abs=0.01)
    assert look["brows"]["redness"] == pytest.approx(np.log(2), abs=0.02)
    assert look["brows"]["share"] == pytest.approx(25)
    assert np.isnan(look["lips"]["tone"]) and np.isnan(look["nose"]["tone"]) and "share" not in look[WHITES]
    assert look_of(image, np.zeros_like(mask), np.full((SIZE, SIZE, 3), 2.0), seen) == []


def test_drawn_faces_look_like_themselves(tmp_path: Path) -> None:
    photos = photos_of(drawn_records(load("default"), 4, SIZE, 990001), tmp_path / "photos")
    result = appearance.run(AppearanceSettings(photos, count=4, size=SIZE))
    found = {(one.group, one.name): one for one in result.figures}
    for place in ("forehead", "nose", "lips"):
        photo, drawn = (found[place, f"tone, {kind}"] for kind in ("photos", "drawn"))
        assert photo.value == pytest.approx(drawn.value, abs=0.15)
    assert ("nose", "share, photos") not in found and ("lips", "share, photos") in found


def test_a_network_without_a_parser_is_refused(tmp_path: Path) -> None:
    photos = photos_of(drawn_records(load("default"), 1, SIZE, 990001), tmp_path / "photos")
    settings = AppearanceSettings(photos, network=Path("data/weights/judge.safetensors"), count=1, size=SIZE)
    with pytest.raises(UserError, match="has no parser"):
        appearance.run(settings)
