from dataclasses import replace

import numpy as np
import pytest

from recon.faces import load
from recon.reconstruction.map_pose import canonical_mm, eyes_by_pose, eyes_in, read_off, seen_face
from recon.synthesis.pose import angles_deg
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

BARE = SceneConfig(yaw_max_deg=25.0)


@pytest.fixture(scope="module")
def model():
    return load("default")


@pytest.fixture(scope="module")
def scene(model):
    drawn = draw_scene(model, 2, 5, BARE)
    mean = np.zeros_like(drawn.identity), np.zeros_like(drawn.expression)
    return replace(drawn, identity=mean[0], expression=mean[1], fov_deg=8.0)


@pytest.fixture(scope="module")
def seen(model, scene):
    record = render_record(model, scene, 160)
    maps = (np.moveaxis(np.nan_to_num(values), -1, 0) for values in (record.position_mm, record.correspondence))
    found = seen_face(record.mask, *maps, model.canonical_box_mm.numpy())
    assert found is not None
    return found


def eye_goals(model):
    marks = canonical_mm(model)[model.landmarks.numpy()]
    return np.stack([marks[36:42].mean(0), marks[42:48].mean(0)])


def test_the_mean_faces_pose_is_the_drawn_one(scene, seen):
    assert angles_deg(seen.pose.rotation) == pytest.approx((scene.yaw_deg, scene.pitch_deg, scene.roll_deg), abs=1.0)
    assert seen.pose.scale == pytest.approx(1.0, abs=0.02)


def test_the_eyes_lie_where_they_were_framed(model, scene, seen):
    for found in (eyes_in, eyes_by_pose):
        middle, distance = found(seen, eye_goals(model))
        assert distance == pytest.approx(160 * scene.eye_share, rel=0.03)
        assert middle == pytest.approx([160 * scene.eye_u, 160 * scene.eye_v], abs=2.5)


def test_linear_values_are_read_off_exactly_and_unseen_places_not_at_all():
    rng = np.random.default_rng(0)
    places = rng.uniform(-20, 20, (4000, 3)) * (1, 1, 0.05)
    values = places @ rng.normal(size=(3, 2)) + 1
    found = read_off(places, values, np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 60.0]]))
    exact = np.linalg.lstsq(np.c_[places, np.ones(4000)], values, rcond=None)[0]
    assert found[0] == pytest.approx(np.array([1.0, 2.0, 0.0, 1.0]) @ exact, abs=0.05)
    assert np.isnan(found[1]).all()


def test_too_little_of_a_face_is_none(model):
    mask = np.zeros((64, 64), bool)
    mask[20:30, 20:30] = True
    empty = np.zeros((3, 64, 64), np.float32)
    assert seen_face(mask, empty, empty, model.canonical_box_mm.numpy()) is None
