"""Upright faces pass, and nothing else does, with the bundled network."""

import numpy as np
import pytest
from PIL import Image

from recon.faces import load
from recon.photos.reading import Unusable
from recon.reconstruction.face_finder import find_faces
from recon.reconstruction.face_test import reason_against_crop
from recon.reconstruction.networks import bundled_network
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

PLAIN = SceneConfig(yaw_max_deg=20.0, pitch_sd_deg=3.0, roll_sd_deg=4.0, calm=1.0)


@pytest.fixture(scope="module")
def network():
    return bundled_network()


@pytest.fixture(scope="module")
def face():
    """A drawn face of 256 px."""
    return Image.fromarray(render_record(load("default"), draw_scene(load("default"), 1, 3, PLAIN), 256).rgb)


def test_an_upright_face_is_one(face, network):
    assert reason_against_crop(np.asarray(face), network, load("default")) is None
    assert len(find_faces(face, network, load("default"))) == 1


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_face_turned_over_is_found_so_or_refused_and_no_crop_to_learn_from(face, network, degrees):
    turned = face.rotate(degrees)
    (upright,), (found,) = (find_faces(image, network, load("default"), crop=True) for image in (face, turned))
    assert np.cos(found.framing.tilt - upright.framing.tilt + np.radians(degrees)) > np.cos(np.radians(3))
    assert found.framing.eye_distance == pytest.approx(upright.framing.eye_distance, rel=0.03)
    with pytest.raises(Unusable, match="no face"):
        find_faces(turned, network.frontal, load("default"), crop=True)
    for one in (network, network.turned, network.frontal):
        assert reason_against_crop(np.asarray(turned), one, load("default")) is not None


def test_noise_and_a_wall_are_none(network):
    noise = np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)
    for picture in (noise, np.full((128, 128, 3), (60, 140, 70), np.uint8)):
        assert reason_against_crop(picture, network, load("default")) is not None
