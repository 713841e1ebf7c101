import numpy as np
import pytest
from PIL import Image

from recon.faces import load
from recon.faces.model import REGIONS
from recon.faces.parsing import CLASSES
from recon.people.config import DressConfig
from recon.photos.framing import Framing, frame, from_landmarks
from recon.photos.region import region_of
from recon.reconstruction.looking import look
from recon.reconstruction.networks import bundled_network
from recon.reconstruction.over_face import glasses_in, in_region, over_face
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

SIDE = 64


def test_glasses_lie_over_a_face_and_other_things_only_where_none_is_seen():
    codes = np.full((SIDE, SIDE), CLASSES.index("skin"))
    codes[10:12] = CLASSES.index("glasses")  # from one side to the other
    codes[45:47, 10:20] = CLASSES.index("glasses")  # no wider than a brow
    codes[50:, 44:] = CLASSES.index("occluder")
    codes[56:, :20] = CLASSES.index("occluder")  # where the network sees a face: a slip
    codes[:4] = CLASSES.index("hair")
    codes[30:40] = CLASSES.index("facial_hair")
    inside = np.ones((SIDE, SIDE), bool)
    inside[:, 32:] = False
    over = over_face(codes, inside)
    assert over.dtype == np.float32 and set(np.unique(over)) == {0, 1}
    assert over[9:13].all() and not over[14:49].any()  # with a rim of a pixel; a beard is the person's
    assert over[52:, 46:].all() and not over[52:, :40].any()
    assert over[:4, 34:].all() and not over[:4, :30].any()


def test_glasses_whose_rims_break_are_still_worn():
    codes, face = np.full((256, 256), CLASSES.index("skin")), np.zeros((256, 256), bool)
    face[40:220, 60:190] = True
    for left in (70, 130):
        codes[100:130, left : left + 45] = CLASSES.index("glasses")
        codes[103:127, left + 3 : left + 42] = CLASSES.index("skin")
    codes[110:112, 118:127] = CLASSES.index("glasses")  # the bridge, with a gap of three pixels to either side
    codes[80:86, 75:110] = codes[80:86, 140:175] = CLASSES.index("glasses")  # brows
    codes[108:112, 186:190] = CLASSES.index("glasses")  # an arm that hangs on nothing
    worn = glasses_in(codes, face)
    assert (worn == (codes == CLASSES.index("glasses")))[90:].all() and not worn[:90].any()
    codes[105:120, 113:132] = CLASSES.index("skin")
    assert not glasses_in(codes, face).any()  # without a bridge they are two patches


@pytest.mark.parametrize("tilt", [0.0, 0.4])
@pytest.mark.parametrize("scale", [1, 4])
def test_in_the_photo_it_lies_where_the_crop_has_it(tilt, scale):
    over = np.zeros((SIDE, SIDE), np.float32)
    over[20:30, 12:40] = 1
    photo = Image.new("RGB", (300 * scale, 260 * scale))
    framing = Framing(scale * np.array([150.0, 120.0]), scale * 40.0, tilt)
    region = region_of(photo, framing)
    mapped = in_region(over, framing, region)
    assert mapped.shape == region.pixels.shape[:2] and mapped.max() == 1
    back = frame(Image.fromarray(np.uint8(255 * mapped)).convert("RGB"), region.framing(framing), SIDE)[..., 0] / 255
    assert np.abs(back - over)[21:29, 13:39].max() < 0.05  # but for the soft edge
    edge = np.zeros_like(over, bool)
    edge[18:32, 10:42] = True
    assert back[~edge].max() < 0.05
    assert np.abs(back - over).mean() < 0.02


def test_the_bundled_networks_see_drawn_glasses_and_none_where_there_are_none():
    model, network = load("default"), bundled_network()
    shares = []
    for worn in (1.0, 0.0):
        config = SceneConfig(yaw_max_deg=15.0, dress=DressConfig(hair=0, facial_hair=0, glasses=worn))
        for index in range(4):
            record = render_record(model, draw_scene(model, 11, index, config), 256)
            face = look(Image.fromarray(record.rgb), network, model, [from_landmarks(record.landmarks_px)])[0]
            assert face is not None and face.over is not None
            there = (
                frame(
                    Image.fromarray(np.uint8(255 * (record.region == REGIONS.index("glasses")))).convert("RGB"),
                    face.framing,
                    network.size,
                )[..., 0]
                > 127
            )
            shares.append(face.over[there].mean() if worn else face.over[face.mask > 0.5].mean())
    assert np.mean(shares[:4]) > 0.4 and max(shares[4:]) < 0.04  # wire is missed; a rim along the hair
