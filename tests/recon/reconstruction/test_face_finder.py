from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from PIL import Image

from recon import assets
from recon.faces import load
from recon.methods.base import Reconstructor
from recon.people.wardrobe import DressConfig
from recon.photos.reading import Unusable
from recon.reconstruction.face_finder import find_faces
from recon.reconstruction.proposals import TURNS, turned_back
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

PLAIN = SceneConfig(yaw_max_deg=20.0, pitch_sd_deg=3.0, roll_sd_deg=8.0, calm=1.0)


@pytest.fixture(scope="module")
def model():
    return load("default")


@pytest.fixture(scope="module")
def network():
    return Reconstructor.from_pretrained(assets.path("weights/pix2vertex.safetensors")).eval()


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
    (face,) = find_faces(canvas, network, model, box=box)
    drawn = scene.eye_share * 300
    assert face.framing.eye_distance == pytest.approx(drawn, rel=0.1)
    assert np.linalg.norm(face.framing.middle - drawn_middle(scene)) < 0.12 * drawn
    assert np.degrees(face.framing.tilt) == pytest.approx(-scene.roll_deg, abs=4)


def test_two_faces_two_results_and_a_crop_one(model, network, photo):
    canvas, _ = photo
    twice = Image.new("RGB", (1800, 700))
    twice.paste(canvas, (0, 0))
    twice.paste(canvas, (900, 0))
    faces = find_faces(twice, network, model)
    assert len(faces) == 2
    assert abs(faces[0].framing.middle[0] - faces[1].framing.middle[0]) == pytest.approx(900, abs=10)
    assert len(find_faces(canvas.crop((400, 250, 700, 550)), network, model, crop=True)) == 1


@pytest.mark.parametrize("box", [None, (100, 100, 120, 120)])
def test_a_wall_is_no_face(model, network, box):
    with pytest.raises(Unusable, match="no face"):
        find_faces(Image.new("RGB", (400, 300), (190, 180, 170)), network, model, box=box)


def test_three_faces_of_a_large_photo(model, network):
    canvas = Image.new("RGB", (6000, 4000), (120, 130, 140))
    places = {(300, 400): 900, (2600, 1500): 1200, (4700, 700): 700}
    middles = []
    for index, ((left, top), side) in zip((3, 5, 8), places.items(), strict=True):
        scene = draw_scene(model, 1, index, PLAIN)
        small = Image.fromarray(render_record(model, scene, 400).rgb)
        canvas.paste(small.resize((side, side), Image.Resampling.BICUBIC), (left, top))
        middles.append((left + side * scene.eye_u, top + side * scene.eye_v, side * scene.eye_share))
    found = [face.framing for face in find_faces(canvas, network, model)]
    assert len(found) == 3
    for x, y, distance in middles:
        offsets = [np.linalg.norm(framing.middle - (x, y)) / distance for framing in found]
        nearest = found[int(np.argmin(offsets))]
        assert min(offsets) < 0.15 and nearest.eye_distance == pytest.approx(distance, rel=0.12)


@pytest.mark.parametrize(
    ("side", "corner"),
    [(90, (200, 150)), (300, (-60, 200)), (300, (390, 260))],
    ids=["a face of 60 px", "cut by the left border", "cut by the lower right corner"],
)
def test_a_small_face_and_one_at_the_border(model, network, side, corner):
    scene = draw_scene(model, 1, 3, PLAIN)
    canvas = Image.new("RGB", (600, 500), (120, 130, 140))
    large = Image.fromarray(render_record(model, scene, 300).rgb)
    canvas.paste(large.resize((side, side), Image.Resampling.LANCZOS), corner)
    (face,) = find_faces(canvas, network, model)
    middle = np.array([corner[0] + side * scene.eye_u, corner[1] + side * scene.eye_v])
    assert np.linalg.norm(face.framing.middle - middle) < 0.15 * side * scene.eye_share


def test_sunglasses_hide_eyes_but_no_face(model, network):
    config = replace(PLAIN, dress=DressConfig(glasses=1.0, headwear=0, objects=0, facial_hair=0))
    drawn = (draw_scene(model, 1, index, config) for index in count())
    scene = next(one for one in drawn if one.dress.glasses and max(one.dress.glasses.tint) < 0.25)
    photo = Image.fromarray(render_record(model, scene, 400).rgb)
    (face,) = find_faces(photo, network, model)
    middle = 400 * np.array([scene.eye_u, scene.eye_v])
    assert np.linalg.norm(face.framing.middle - middle) < 0.15 * 400 * scene.eye_share


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_a_turned_photo_gives_the_upright_photos_face(model, network, photo, quarter):
    canvas, scene = photo
    (face,) = find_faces(canvas.transpose(TURNS[quarter]), network, model)
    framing = turned_back(face.framing, quarter, canvas.size)
    assert np.linalg.norm(framing.middle - drawn_middle(scene)) < 0.12 * scene.eye_share * 300
    upright = (np.degrees(framing.tilt) + scene.roll_deg + 180) % 360 - 180
    assert upright == pytest.approx(0, abs=4)


def test_a_far_face_in_twelve_megapixels_is_found(model, network):
    scene = draw_scene(model, 1, 3, PLAIN)
    side = round(26 / scene.eye_share)
    canvas = Image.new("RGB", (4000, 3000), (120, 130, 140))
    large = Image.fromarray(render_record(model, scene, 4 * side).rgb)
    canvas.paste(large.resize((side, side), Image.Resampling.LANCZOS), (2700, 1900))
    (face,) = find_faces(canvas, network, model)
    middle = np.array([2700 + side * scene.eye_u, 1900 + side * scene.eye_v])
    assert np.linalg.norm(face.framing.middle - middle) < 0.2 * 26


def test_a_corner_of_a_photo_is_no_face_unless_it_is_said_to_be_one(model, network, photo):
    """Hair and a shoulder fill it; the network alone would see a face."""
    canvas, _ = photo
    corner = canvas.crop((400, 470, 480, 550)).resize((320, 320))
    with pytest.raises(Unusable, match="no face found"):
        find_faces(corner, network, model)
