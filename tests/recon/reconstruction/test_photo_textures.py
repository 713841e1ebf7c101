import numpy as np
import torch

from recon.faces import load
from recon.photos.framing import Framing
from recon.reconstruction.looking import FoundFace
from recon.reconstruction.photo_textures import texture_of
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.train.retexture import COLUMNS, ROWS, atlas_place

PLAIN = SceneConfig(yaw_max_deg=10.0, calm=1.0, smile=0.0, open_mouth=0.0)


def test_what_is_painted_by_place_comes_back_at_its_place():
    """Colours that are a smooth function of the canonical place, seen through true maps."""
    record = render_record(load("default"), draw_scene(load("default"), 1, 3, PLAIN), 256)
    colours = 60 + 150 * np.nan_to_num(record.correspondence)
    small = render_record(load("default"), draw_scene(load("default"), 1, 3, PLAIN), 128)
    face = FoundFace(
        Framing(np.zeros(2), 1.0, 0.0),
        small.mask.astype(np.float32),
        small.position_mm,
        np.nan_to_num(small.correspondence),
        seen=None,  # type: ignore[arg-type]
    )
    texture = texture_of(face, colours.astype(np.uint8))
    assert texture.shape == (3, ROWS, COLUMNS)
    inner = np.zeros((256, 256), bool)
    inner[100:180, 100:156] = record.mask[100:180, 100:156]
    places = torch.from_numpy(record.correspondence[inner])
    across, down = (axis.numpy() for axis in atlas_place(places.unbind(1)))
    found = texture[:, ((down + 1) / 2 * ROWS).astype(int), ((across + 1) / 2 * COLUMNS).astype(int)].T
    assert np.abs(found - colours[inner]).mean() < 2.5
