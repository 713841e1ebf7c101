import numpy as np
import pytest
from PIL import Image

from recon import assets
from recon.faces.default import load_default
from recon.mesh.face_finder import find_faces
from recon.nets.weights import load_weights
from recon.photos.reading import Unusable
from recon.synthesis.records import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE = 128
PLAIN = SceneConfig(yaw_max_deg=20.0, pitch_sd_deg=3.0, roll_sd_deg=8.0, calm=1.0)


@pytest.fixture(scope="module")
def model():
    return load_default()


@pytest.fixture(scope="module")
def network():
    return load_weights(assets.path("weights/pix2vertex.safetensors")).eval()


@pytest.fixture(scope="module")
def photo(model):
    """A face of 300 px in a photo of 900 x 700, and what was drawn."""
    scene = draw_scene(model, 1, 3, PLAIN)
    canvas = Image.new("RGB", (900, 700), (120, 130, 140))
    canvas.paste(Image.fromarray(render_record(model, scene, 300).rgb), (400, 250))
    return canvas, scene


def drawn_middle(scene) -> np.ndarray:
    return np.array([400 + 300 * scene.eye_u, 250 + 300 * scene.eye_v])


@pytest.mark.parametrize("box", [None, (450, 300, 200, 200), (400, 250, 330, 330)])
def test_the_frame_settles_on_the_face_whatever_it_began_with(model, network, photo, box):
    canvas, scene = photo
    (face,) = find_faces(canvas, network, model, SIZE, box=box)
    drawn = scene.eye_share * 300
    assert face.framing.eye_distance == pytest.approx(drawn, rel=0.1)
    assert np.linalg.norm(face.framing.middle - drawn_middle(scene)) < 0.12 * drawn
    assert np.degrees(face.framing.tilt) == pytest.approx(-scene.roll_deg, abs=4)


def test_two_faces_two_results_and_a_crop_one(model, network, photo):
    canvas, _ = photo
    twice = Image.new("RGB", (1800, 700))
    twice.paste(canvas, (0, 0))
    twice.paste(canvas, (900, 0))
    faces = find_faces(twice, network, model, SIZE)
    assert len(faces) == 2
    assert abs(faces[0].framing.middle[0] - faces[1].framing.middle[0]) == pytest.approx(900, abs=10)
    assert len(find_faces(canvas.crop((400, 250, 700, 550)), network, model, SIZE, crop=True)) == 1


@pytest.mark.parametrize("box", [None, (100, 100, 120, 120)])
def test_a_wall_is_no_face(model, network, box):
    with pytest.raises(Unusable, match="no face"):
        find_faces(Image.new("RGB", (400, 300), (190, 180, 170)), network, model, SIZE, box=box)
