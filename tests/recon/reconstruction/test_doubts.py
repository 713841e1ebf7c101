"""Doubts of maps: none of the true maps of a face, and the right one where something is wrong with them."""

from dataclasses import replace

import numpy as np
import pytest

from recon.faces import load
from recon.photos.framing import Framing
from recon.reconstruction.doubts import coverage, doubts_about, eyes_seen
from recon.reconstruction.looking import FoundFace
from recon.reconstruction.map_pose import seen_face
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene, head_rotation

BARE = SceneConfig(calm=1.0, smile=0.0, open_mouth=0.0)


def drawn(yaw_deg: float) -> Record:
    model = load("default")
    scene = replace(draw_scene(model, 3, 2, BARE), rotation=head_rotation(yaw_deg, 0.0, 0.0).astype(np.float32))
    return render_record(model, replace(scene, eye_u=0.5, eye_v=0.45, eye_share=0.27), 128)


def found(mask: np.ndarray, position: np.ndarray, correspondence: np.ndarray) -> FoundFace:
    maps = np.nan_to_num(position), np.nan_to_num(correspondence)
    channels_first = (np.moveaxis(values, -1, 0) for values in maps)
    seen = seen_face(mask, *channels_first, load("default").canonical_box_mm.numpy())
    assert seen is not None
    return FoundFace(Framing(np.array([64.0, 60.0]), 35.0, 0.0), mask.astype(np.float32), *maps, seen)


@pytest.fixture(scope="module")
def frontal():
    return drawn(5.0)


def test_a_face_is_not_doubted(frontal):
    face = found(frontal.mask, frontal.position_mm, frontal.correspondence)
    assert doubts_about(face, load("default")) == []
    assert 0.75 < coverage(face, load("default")) < 1.05
    assert eyes_seen(face, load("default")) == {"left": True, "right": True}


def test_what_hangs_upside_down_is(frontal):
    maps = frontal.mask, frontal.position_mm, frontal.correspondence
    over = (np.ascontiguousarray(values[::-1]) for values in maps)
    doubts = doubts_about(found(*over), load("default"))
    assert {"the nose above the brows", "the mouth above the nose", "the chin above the mouth"} <= set(doubts)


def test_an_eye_that_is_missing_is_told_unless_the_head_is_turned(frontal):
    mask = frontal.mask.copy()
    mask[:, :64] = False
    doubts = doubts_about(found(mask, frontal.position_mm, frontal.correspondence), load("default"))
    assert "the left eye is not seen" in doubts and any("% of a face" in doubt for doubt in doubts)
    aside = drawn(80.0)
    face = found(aside.mask, aside.position_mm, aside.correspondence)
    assert sum(eyes_seen(face, load("default")).values()) == 1
    assert not any("eye" in doubt for doubt in doubts_about(face, load("default")))


def test_a_network_that_is_unsure_is_told(frontal):
    face = found(frontal.mask, frontal.position_mm, frontal.correspondence)
    unsure = replace(face, mask=0.8 * face.mask)
    assert doubts_about(unsure, load("default")) == ["the network is only 80 % sure of its outline"]
