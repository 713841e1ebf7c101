from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.evaluate.person_settings import WrinklesSettings
from recon.evaluate.protocols import wrinkles
from recon.evaluate.protocols.wrinkles import Looked, angle_deg, changed, lines_of, normals_off
from recon.faces import load
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.detail.config import DetailConfig
from recon.methods.deca.detail.network import DetailedDeca
from recon.methods.deca.face import face_of
from recon.methods.pretrained import save_weights
from recon.synthesis.record import Record
from recon.synthesis.scene import draw_scene
from recon.synthesis.targets.skin_height import skin_height

pytestmark = pytest.mark.usefixtures("one_thread")
SIZE = 64


@pytest.fixture(scope="module")
def network() -> DetailedDeca:
    torch.manual_seed(0)
    coarse = DecaConfig(SIZE, "resnet18", "group", features=16, texture_px=16)
    return DetailedDeca(DetailConfig(coarse, "resnet18", 8, (8, 8))).freeze()


def test_the_lines_lie_on_the_forehead(network: DetailedDeca) -> None:
    """The texels' middle, on the mean face, is above the brows, and the zone is symmetric."""
    zone, model = lines_of(network), load("default")
    assert zone.shape == (32, 32) and float((zone - zone.flip(1)).abs().max()) < 0.1
    rows, columns = zone.nonzero().T
    uv = torch.stack([(columns + 0.5) / 32, 1 - (rows + 0.5) / 32], 1)
    known = ~model.uv.isnan().any(1)
    near = torch.cdist(uv, model.uv[known]).argmin(1)
    heights = model.mean[known][near, 1]
    brows = model.mean[model.over_brows, 1].max()
    assert float((heights > brows - 5).float().mean()) > 0.8 and 10 < len(rows) < 400


def test_a_displacement_that_follows_the_brows_is_told_by_its_place(
    network: DetailedDeca, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone = (lines_of(network) > 0).float()
    codes = network.coarse.mean_codes(1, torch.device("cpu"))
    rest, raised = Looked(codes, torch.zeros(1, 8)), Looked(codes, torch.ones(1, 8))

    def lifted(detail: torch.Tensor, said: object) -> torch.Tensor:
        return 0.25 * zone[None, None] * (said is moved)

    moved = type(codes)(**{**vars(codes), "expression": codes.expression + 2})
    monkeypatch.setattr(network, "displacement", lifted)
    told = changed(network, rest, Looked(moved, raised.detail), zone)
    assert (
        told["lines_mm"] == pytest.approx(0.25) and told["elsewhere_mm"] == 0 and told["excess_mm"] == told["lines_mm"]
    )


def test_the_true_displacement_brings_the_normals_nearer(
    network: DetailedDeca, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record whose skin is the detailed surface: nothing is off it, and the coarse one is by the relief's angle."""
    cpu = torch.device("cpu")
    codes = network.coarse.mean_codes(1, cpu)
    bumps = 3 * torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr(network, "displacement", lambda *_: bumps)
    coarse = network.config.coarse
    face = face_of(coarse, cpu)
    vertices = face.vertices_mm(codes)
    seen = wrinkles.picture_of(network, codes, bumps, SIZE)
    smooth = face.picture(vertices, codes, SIZE)
    nothing = np.empty(0, np.float32)
    mask = seen.mask[0, 0].numpy() > 0
    fields = dict.fromkeys(Record.__dataclass_fields__, nothing)
    shown = {"fine_normals": seen.normals, "normals": smooth.normals}
    maps = {name: values[0].permute(1, 2, 0).numpy() for name, values in shown.items()}
    said = {"rgb": np.zeros((SIZE, SIZE, 3), np.uint8), "mask": mask, "region": np.zeros((SIZE, SIZE), np.uint8)}
    skin = {"region": np.full((SIZE, SIZE), 1, np.uint8), "landmarks_px": np.zeros((68, 2), np.float32)}
    told = normals_off(network, Looked(codes, torch.zeros(1, 8)), Record(**{**fields, **said, **skin, **maps}))
    assert told["detailed_deg"] < 0.1 and told["coarse_deg"] == pytest.approx(told["relief_deg"], abs=0.1)
    assert told["nearer_deg"] > 2


def test_a_displacement_like_the_drawn_furrows_correlates(
    network: DetailedDeca, monkeypatch: pytest.MonkeyPatch
) -> None:
    (_, raised), *_ = wrinkles.pairs(WrinklesSettings(Path(), people=1, age_min=60), 32)
    looked = Looked(network.coarse.mean_codes(1, torch.device("cpu")), torch.zeros(1, 8))
    height = skin_height(raised, "default", 32)[None]
    monkeypatch.setattr(network, "displacement", lambda *_: 2 * height)
    assert wrinkles.like_drawn(network, looked, raised) == pytest.approx(1, abs=1e-4)
    monkeypatch.setattr(network, "displacement", lambda *_: -height + 1)
    assert wrinkles.like_drawn(network, looked, raised) == pytest.approx(-1, abs=1e-4)


def test_a_records_expression_takes_the_place_of_the_one_seen(network: DetailedDeca) -> None:
    (rest, raised), *_ = wrinkles.pairs(WrinklesSettings(Path(), people=1), 32)
    looked = Looked(network.coarse.mean_codes(1, torch.device("cpu")), torch.ones(1, 8))
    still, moved = (wrinkles.acting(network, looked, one).codes for one in (rest, raised))
    assert not still.expression.any() and torch.equal(still.shape, looked.codes.shape)
    assert int((moved.expression == 1).sum()) == len(wrinkles.RAISED)


def test_angles_are_degrees() -> None:
    one = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert angle_deg(one, torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])) == pytest.approx(45)


def test_an_untrained_network_end_to_end(network: DetailedDeca, tmp_path: Path) -> None:
    save_weights(tmp_path / "net.safetensors", network)
    result = wrinkles.run(WrinklesSettings(tmp_path / "net.safetensors", people=2))
    told = {one.name: one for one in result.figures}
    assert set(told) == set(wrinkles.MEASURES) and told["expression_swapped"].n == 1
    assert 0 < told["relief_deg"].value < 30 and told["coarse_deg"].value > told["relief_deg"].value
    with pytest.raises(UserError, match="which pix2vertex tells none of"):
        wrinkles.run(WrinklesSettings(Path("data/weights/pix2vertex.safetensors")))


def test_people_are_of_age_and_differ_in_their_brows_alone() -> None:
    model, settings = load("default"), WrinklesSettings(Path(), people=2, age_min=60)
    for rest, raised in wrinkles.pairs(settings, 32):
        assert raised.index == rest.index and np.array_equal(raised.identity, rest.identity)
        active = model.activations(raised.expression)
        assert not rest.expression.any() and active == dict.fromkeys(wrinkles.RAISED, 1.0)
        scene = draw_scene(model, settings.seed, rest.index, wrinkles.SCENE)
        assert scene.skin is not None and scene.skin.age >= 60
