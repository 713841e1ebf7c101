"""Proportions told by landmarks: of made-up points, and of people beside whom one point is known to be off."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recon.evaluate.person_settings import ProportionsSettings
from recon.evaluate.protocols import proportions
from recon.evaluate.protocols.proportions import PROPORTIONS, points_at_rest, upright
from recon.evaluate.webmorph import POINTS, PUPILS
from recon.faces import load
from recon.synthesis.scene import SceneConfig

PLACES = {36: (-14, 0), 39: (-6, 0), 42: (6, 0), 45: (14, 0), 17: (-16, -7), 26: (16, -7), 21: (-4, -6), 22: (4, -6)}
PLACES |= {33: (0, 13), 48: (-8, 22), 54: (8, 22), 51: (0, 20), 57: (0, 25), 8: (0, 36)}
TRUE = dict(zip(PROPORTIONS, (0.4, 0.6, 0.35, 0.3, 0.65, 1.1, 0.8, 0.25, 1.8), strict=True))


def test_proportions_are_those_of_the_points_however_the_face_lies() -> None:
    cos, sin = np.cos(0.4), np.sin(0.4)
    for turn, shift in ((np.eye(2), (0, 0)), (3 * np.array([(cos, -sin), (sin, cos)]), (100, -40))):
        face = upright({point: turn @ np.array(place, float) + shift for point, place in PLACES.items()})
        assert {name: measured(face) for name, measured in PROPORTIONS.items()} == pytest.approx(TRUE)


def test_drawn_people_beside_photos(tmp_path: Path) -> None:
    """The photos' points are drawn people's but for the chin, which lies a fifth of the eyes' distance lower."""
    model = load("default")
    for index in range(6):
        points = np.zeros((189, 2))
        face = upright(points_at_rest(model, SceneConfig(), 7, index))
        face[8] = face[8] + (0, 0.2)
        for point, other in POINTS.items():
            points[other] = 300 + 100 * face[point]
        points[list(PUPILS)] = (250, 300), (350, 300)
        (tmp_path / f"{index}.pts").write_text("\n".join(f"{x} {y}" for x, y in points))
        Image.new("RGB", (600, 700)).save(tmp_path / f"{index}.jpg")
    result = proportions.run(ProportionsSettings(tmp_path, count=6, seed=7))
    told = {(figure.group, figure.name): figure.value for figure in result.figures}
    for name in PROPORTIONS:
        more = 20 if name == "chin below the eyes" else 0
        assert told[name, "photos"] - told[name, "drawn"] == pytest.approx(more, abs=1e-3)
