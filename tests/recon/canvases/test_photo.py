from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from recon.canvases import photo
from recon.canvases.photo import refuse_unfit, the_frame
from recon.faces import load
from recon.fitting.photo_fit import Figures
from recon.photos.framing import EYE_SHARE, Framing
from recon.photos.reading import Unusable

MODEL = load("default")
GOOD = Figures(0.8, 0.01, 0.97, 0.9, 1.0, 0.1, 0.1)


def frame_of(
    monkeypatch: pytest.MonkeyPatch, *faces: tuple[float, float, float], points: tuple[float, float] | None = None
) -> Framing:
    """The plate's frame, 128 px, in a photo of 400 px with faces (x, y, side of its frame) as a finder would give."""
    found = [SimpleNamespace(framing=Framing(np.array([x, y]), EYE_SHARE * side, 0.0)) for x, y, side in faces]
    monkeypatch.setattr(photo, "find_faces", lambda *_: found)
    known = None if points is None else np.tile(np.array(points, float), (5, 1))
    return the_frame(Image.new("RGB", (400, 400)), known, None, MODEL, 128)  # pyright: ignore[reportArgumentType]


def test_the_largest_face_is_taken_or_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    faces = ((110, 120, 150), (300, 300, 120))
    assert frame_of(monkeypatch, *faces).eye_distance == pytest.approx(EYE_SHARE * 150)
    assert frame_of(monkeypatch, *faces, points=(302, 296)).eye_distance == pytest.approx(EYE_SHARE * 120)
    with pytest.raises(Unusable, match="not the one that the points name"):
        frame_of(monkeypatch, *faces, points=(300, 30))


def test_two_faces_in_one_frame_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unusable, match="another face is in the picture"):
        frame_of(monkeypatch, (200, 200, 250), (280, 120, 60))


def test_a_face_that_is_too_small_is_refused_with_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unusable, match="too small: 14 px between the eyes, 17 are needed"):
        frame_of(monkeypatch, (200, 200, 50))


@pytest.mark.parametrize(
    ("yaw", "change", "words"),
    [
        (75, {}, "turned by 75 degrees"),
        (0, {"residual_mm": 4.0}, "4.00 mm off"),
        (0, {"visible": 0.3}, "only 30%"),
        (0, {"spread": float("nan")}, "deviations"),
    ],
)
def test_a_bad_fit_is_no_base(yaw: float, change: dict[str, float], words: str) -> None:
    refuse_unfit(GOOD, 10)
    with pytest.raises(Unusable, match=words):
        refuse_unfit(Figures(**{**GOOD.__dict__, **change}), yaw)
