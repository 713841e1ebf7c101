"""On real portraits, where they are at hand: framing by points, by the detector, and the detector of glasses."""

import numpy as np
import pytest

from recon.photos.folder import load_photos
from recon.photos.framing import from_box, from_points
from recon.photos.points import read_points
from recon.photos.reading import read_photo
from synth2real.photos.glasses import glasses_score, without_glasses
from tests.shared import SHARED

FACES = SHARED / "real_faces"
pytestmark = pytest.mark.skipif(not FACES.is_dir(), reason=f"needs the portraits in {FACES}")


def test_detector_and_points_agree():
    dlib = pytest.importorskip("dlib")
    detector, points = dlib.get_frontal_face_detector(), read_points(FACES / "faces.csv")
    paths = sorted((FACES / "public_domain").glob("*.jpg"))[:30]
    offsets, ratios = [], []
    for path in paths:
        box = detector(np.asarray(read_photo(path)), 0)[0]
        guessed = from_box(np.array([box.left(), box.top(), box.right() + 1, box.bottom() + 1]))
        true = from_points(points[path.name])
        offsets.append((guessed.middle - true.middle) / true.eye_distance)
        ratios.append(guessed.eye_distance / true.eye_distance)
    assert np.abs(np.mean(offsets, 0)).max() < 0.08 and np.abs(offsets).max() < 0.4
    assert 0.95 < np.mean(ratios) < 1.05


def test_auto_finds_the_points_beside_the_folder():
    photos = load_photos(FACES / "public_domain", 64, limit=8)
    assert photos.images.shape == (8, 64, 64, 3) and not photos.skipped


WORN = (2, 12, 14, 17, 18, 35, 45, 50, 51, 54, 56, 60, 67, 73, 75)  # of the first 80 by name, judged by eye


def test_glasses():
    """The threshold was set on others of these portraits."""
    photos = load_photos(FACES / "public_domain", 128, framing="none", limit=80)
    worn = np.isin(np.arange(80), WORN)
    bare = without_glasses(photos.images)
    assert not bare[worn].any()
    assert bare[~worn].mean() > 0.95
    assert glasses_score(np.full((64, 64, 3), 128, np.uint8)) == 0.0
