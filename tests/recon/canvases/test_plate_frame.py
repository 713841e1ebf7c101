import numpy as np
import pytest

from recon.canvases.plate_frame import frame_within, holds, middle_of, photo_px_per_plate_px
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE, Framing
from recon.photos.reading import Unusable


def face(x: float, y: float, side: float, tilt_deg: float = 0.0) -> Framing:
    """Framing whose frame is `side` px a side about (x, y)."""
    tilt = np.radians(tilt_deg)
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    eyes = np.array([x, y]) + turn @ (np.array(EYES_MIDDLE) - 0.5) * side
    return Framing(eyes, EYE_SHARE * side, tilt)


def corners(framing: Framing) -> np.ndarray:
    return framing.to_photo(100)(np.array([[0, 0], [100, 0], [0, 100], [100, 100]], float))


def test_a_frame_amid_a_photo_stays() -> None:
    framing = face(200, 200, 150)
    found = frame_within(framing, (400, 400))
    np.testing.assert_allclose(found.middle, framing.middle)
    assert found.eye_distance == framing.eye_distance and photo_px_per_plate_px(found, 300) == pytest.approx(0.5)
    np.testing.assert_allclose(middle_of(found), [200, 200])


@pytest.mark.parametrize(("x", "y", "side", "tilt"), [(200, 190, 400, 0), (120, 130, 250, 8), (210, 200, 340, 30)])
def test_a_frame_is_brought_into_its_photo(x: float, y: float, side: float, tilt: float) -> None:
    found = frame_within(face(x, y, side, tilt), (400, 380))
    assert corners(found).min() > -1e-6 and (corners(found) <= (400 + 1e-6, 380 + 1e-6)).all()
    assert found.eye_distance > 0.75 * EYE_SHARE * side


def test_small_tilts_stay_the_heads_and_turned_photos_are_turned_back() -> None:
    assert frame_within(face(200, 200, 150, 9), (400, 400)).tilt == 0
    assert frame_within(face(200, 200, 150, 30), (400, 400)).tilt == pytest.approx(np.radians(30))
    assert frame_within(face(200, 200, 150, 93), (400, 400)).tilt == pytest.approx(np.pi / 2)


@pytest.mark.parametrize(("x", "y", "side"), [(200, 200, 600), (20, 200, 150)])
def test_a_photo_that_ends_too_near_is_refused(x: float, y: float, side: float) -> None:
    with pytest.raises(Unusable, match="ends too near"):
        frame_within(face(x, y, side), (400, 400))


def test_a_frame_holds_what_lies_in_it() -> None:
    framing = face(200, 200, 100, 45)
    assert holds(framing, np.array([200.0, 265.0])) and not holds(framing, np.array([240.0, 240.0]))
