import math

import numpy as np
import pytest
import torch

from recon.faces import load
from recon.faces.parsing import CLASSES
from recon.methods.base import FaceGeometry
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from synth2real.gan.drift import Drift, drift_of, opening, parts_agreement
from tests.fakes import of_maps

SIZE = 96


@pytest.fixture(scope="module")
def model():
    return load("default")


@pytest.fixture(scope="module")
def record(model):
    return render_record(model, draw_scene(model, 3, 1, SceneConfig(yaw_max_deg=5)), SIZE)


def answer(record, columns=0, turn_deg=0.0, lift_mm=0.0) -> FaceGeometry:
    """The truth, moved to the right by whole columns, turned about y, lifted: what a perfect network would say."""

    def maps(values):
        return torch.from_numpy(np.nan_to_num(np.roll(values, columns, 1)).astype(np.float32)).permute(2, 0, 1)[None]

    mask = torch.from_numpy(np.roll(record.mask, columns, 1))[None, None].float()
    c, s = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    turn = torch.tensor([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    position = torch.einsum("ij,bjhw->bihw", turn, maps(record.position_mm)) + lift_mm
    return of_maps(mask, position, maps(record.correspondence))


def drift(model, record, after) -> Drift:
    return drift_of(answer(record), after, record.mask[None], record.landmarks_visible[None], model)[0]


def test_nothing_moved(model, record):
    found = drift(model, record, answer(record))
    assert found == Drift(0, 0, 0, pytest.approx(0, abs=0.1), 0, 1, 1)


def test_a_face_three_columns_to_the_right(model, record):
    found = drift(model, record, answer(record, columns=3))
    assert found.drift_px == pytest.approx(3, abs=1e-6) and found.drift_p95_px == pytest.approx(3, abs=1e-6)
    assert found.landmark_drift_px == pytest.approx(3, abs=1e-6)
    assert found.region_agreement == pytest.approx(1) and 0.7 < found.mask_iou < 1


def test_lifted_and_turned(model, record):
    lifted = drift(model, record, answer(record, lift_mm=2))
    assert lifted.drift_mm == pytest.approx(2 * 3**0.5, rel=1e-4) and lifted.normal_drift_deg < 0.1
    turned = drift(model, record, answer(record, turn_deg=10))
    assert 4 < turned.normal_drift_deg <= 10.001 and turned.drift_px == 0  # about y: normals along y stay


def test_the_landmarks_are_where_the_record_has_them(model, record):
    """A perfect answer, looked up, gives the labels back: to a pixel, where the face shows them."""
    from recon.methods.places import located

    face = answer(record)
    box = (model.canonical_box_mm[1] - model.canonical_box_mm[0]).numpy()
    goals = model.canonical[model.landmarks].numpy()
    found = located(face.correspondence[0].numpy(), record.mask, goals, box)
    shown = record.landmarks_visible
    assert np.median(np.linalg.norm(found - record.landmarks_px, axis=1)[shown]) < 0.5
    assert opening(found) == pytest.approx(opening(record.landmarks_px), abs=0.12)


def test_no_face(model, record):
    nothing = of_maps(*(torch.zeros(1, n, SIZE, SIZE) for n in (1, 3, 3)))
    unseen = drift(model, record, nothing)
    assert np.isnan(unseen.drift_mm) and np.isnan(unseen.drift_px) and unseen.mask_iou == 0
    (faceless,) = drift_of(nothing, nothing, np.zeros((1, SIZE, SIZE), bool), np.zeros((1, 68), bool), model)
    assert all(np.isnan(value) for value in vars(faceless).values())


def test_the_mouths_opening_by_hand():
    points = np.zeros((68, 2))
    points[48], points[54] = (0, 0), (10, 0)
    for upper, lower, gap in ((61, 67, 1), (62, 66, 4), (63, 65, 1)):
        points[upper], points[lower] = (5, -gap / 2), (5, gap / 2)
    assert opening(points) == pytest.approx(0.2)


def test_parts_agree_where_both_show_the_same():
    before = np.full((10, 10), CLASSES.index("skin"))
    after = before.copy()
    assert parts_agreement(before, after) == 1
    before[2, :6] = CLASSES.index("lips")
    after[2, 2:6] = CLASSES.index("lips")
    after[2, 4] = CLASSES.index("teeth")
    assert parts_agreement(before, after) == pytest.approx(3 / 6)
