import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.faces import load
from recon.people.wardrobe import DressConfig
from recon.synthesis.scene import SceneConfig
from recon.synthesis.source import Drawn
from recon.synthesis.targets import MapsTarget
from recon.train.batches import first_batches
from recon.train.retexture import COLUMNS, ROWS, atlas_place, beside_mouth, read_textures, retexture


@pytest.fixture(scope="module")
def batch():
    return first_batches(Drawn("default", SceneConfig(), seed=3, count=4, size=64), MapsTarget(64), 4)[0]


def test_a_texture_has_a_place_of_its_own_for_each_part_of_the_face():
    """Neighbours on the face are neighbours in the texture, and what lies far apart does not meet there."""
    model = load("default")
    face = torch.unique(model.triangles[model.face & (model.region[model.triangles.long()] == 1).all(1)].long())
    across, down = atlas_place(model.canonical[face].unbind(1))
    assert across.abs().max() < 1 and down.abs().max() < 1
    cells = torch.stack([(across + 1) * COLUMNS / 2, (down + 1) * ROWS / 2], 1)
    near = torch.cdist(cells[::7], cells[::7]) < 1
    apart = torch.cdist(model.mean[face][::7], model.mean[face][::7])
    assert apart[near].quantile(0.98) < 6


def test_even_skin_under_even_light_is_even_and_nothing_else_changes(batch):
    grey = torch.full((1, 3, ROWS, COLUMNS), 128, dtype=torch.uint8)
    flat = {**batch, "normals": torch.zeros_like(batch["normals"])}  # no normals, no light from a side
    after = retexture(flat, grey, 1.0, 0, 0)
    inner = (torch.nn.functional.avg_pool2d(batch["mask"], 9, 1, 4) == 1) & (beside_mouth(batch["correspondence"]) == 1)
    for image, inside in zip(after["rgb"], inner, strict=True):
        assert image[:, inside[0]].std(1).max() < 1e-3
    outside = (batch["mask"] == 0).expand(-1, 3, -1, -1)
    assert torch.allclose(after["rgb"][outside], batch["rgb"][outside], atol=1e-5)
    assert all(torch.equal(after[name], flat[name]) for name in flat if name != "rgb")


def test_lips_and_teeth_stay_those_of_the_render(batch):
    model = load("default")
    lips = model.canonical[model.landmarks[48:]].T[None, :, None]
    elsewhere = model.canonical[model.landmarks[[8, 19, 24, 30, 36, 45]]].T[None, :, None]
    at_lips = beside_mouth(lips).flatten()
    assert at_lips[1:6].max() == at_lips[7:].max() == 0 and at_lips[[0, 6]].max() < 0.02  # the corners: a trace
    assert beside_mouth(elsewhere).min() == 1
    white = torch.full((1, 3, ROWS, COLUMNS), 255, dtype=torch.uint8)
    after = retexture(batch, white, 1.0, 0, 0)["rgb"]
    mouth = ((beside_mouth(batch["correspondence"]) == 0) & (batch["mask"] > 0)).expand(-1, 3, -1, -1)
    assert mouth.any() and torch.allclose(after[mouth], batch["rgb"][mouth], atol=1e-5)


def test_hair_and_glasses_before_a_face_keep_their_colours(batch):
    """Learning the whole face paints the same skin as learning the visible one."""
    scene = SceneConfig(dress=DressConfig(hair=1.0, glasses=1.0))
    drawn = Drawn("default", scene, seed=3, count=4, size=64)
    seen, whole = (first_batches(drawn, MapsTarget(64, amodal), 4)[0] for amodal in (False, True))
    covered = (whole["mask"] > seen["mask"]).expand(-1, 3, -1, -1)
    assert covered.float().mean() > 0.01
    grey = torch.full((1, 3, ROWS, COLUMNS), 128, dtype=torch.uint8)
    painted = [retexture(one, grey, 1.0, 0, 0)["rgb"] for one in (seen, whole)]
    torch.testing.assert_close(painted[1], painted[0])
    torch.testing.assert_close(painted[1][covered], whole["rgb"][covered])


def test_it_is_a_function_of_seed_and_step_and_keeps_its_share(batch):
    noise = torch.from_numpy(np.random.default_rng(0).integers(0, 255, (5, 3, ROWS, COLUMNS), dtype=np.uint8))
    one, again, other = (retexture(batch, noise, 0.5, 1, step)["rgb"] for step in (7, 7, 8))
    assert torch.equal(one, again) and not torch.equal(one, other)
    changed = [(retexture(batch, noise, 0.5, 1, step)["rgb"] != batch["rgb"]).flatten(1).any(1) for step in range(40)]
    assert 0.35 < torch.cat(changed).float().mean() < 0.65
    assert retexture(batch, noise, 0.0, 1, 0) is batch


def test_a_file_that_is_none_of_textures_says_so(tmp_path):
    for name, content in (("missing.npy", None), ("words.npy", b"words"), ("other.npy", np.zeros((2, 3, 4)))):
        if isinstance(content, bytes):
            (tmp_path / name).write_bytes(content)
        elif content is not None:
            np.save(tmp_path / name, content)
        with pytest.raises(UserError, match="recon textures"):
            read_textures(tmp_path / name)


def test_maps_coarser_than_the_image_lay_the_same_skin(batch):
    """Learnt at half the image's side, a face gets the skin that it gets at the whole of it."""
    coarse = first_batches(Drawn("default", SceneConfig(), seed=3, count=4, size=64), MapsTarget(64, coarser=2), 4)[0]
    noise = torch.from_numpy(np.random.default_rng(0).integers(0, 255, (1, 3, 16, 18), dtype=np.uint8))
    skin = torch.nn.functional.interpolate(noise.float(), (ROWS, COLUMNS), mode="bilinear").byte()
    fine, rough = (retexture(one, skin, 1.0, 0, 0)["rgb"] for one in (batch, coarse))
    inner = (torch.nn.functional.avg_pool2d(batch["mask"], 9, 1, 4) == 1).expand(-1, 3, -1, -1)
    assert (fine - batch["rgb"]).abs()[inner].mean() > 0.1
    assert (fine - rough).abs()[inner].mean() < 0.02
