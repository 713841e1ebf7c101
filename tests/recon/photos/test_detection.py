import numpy as np
from PIL import Image

from recon.faces import load
from recon.photos.detection import face_boxes
from recon.photos.framing import from_box
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

PLAIN = SceneConfig(yaw_max_deg=5.0, pitch_sd_deg=2.0, calm=1.0, smile=0.0, open_mouth=0.0)


def face(side: int, index: int = 3) -> Image.Image:
    model = load("default")
    return Image.fromarray(render_record(model, draw_scene(model, 1, index, PLAIN), side).rgb)


def test_a_wall_has_no_face():
    assert face_boxes(Image.new("RGB", (300, 200), (190, 180, 170)), thorough=True).shape == (0, 4)


def test_boxes_are_in_the_photos_own_pixels_and_the_largest_comes_first():
    photo = Image.new("RGB", (2400, 1600), (120, 130, 140))
    photo.paste(face(400, 5), (100, 900))
    photo.paste(face(800), (1300, 300))
    boxes = face_boxes(photo)
    assert len(boxes) == 2
    for box, (left, top, side) in zip(boxes, ((1300, 300, 800), (100, 900, 400)), strict=True):
        framing = from_box(box)
        assert np.abs(framing.middle - [left + 0.5 * side, top + 0.47 * side]).max() < 0.08 * side


def test_a_small_face_is_found_at_the_second_look():
    photo = Image.new("RGB", (1500, 1000), (120, 130, 140))
    photo.paste(face(140), (300, 400))
    assert len(face_boxes(photo, thorough=True)) == 1
