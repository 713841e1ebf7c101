from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torchvision
import yaml
from torch import Tensor

from recon.errors import UserError
from recon.faces import load
from recon.methods.base import Reconstructor
from recon.methods.deca.codes import expression_columns
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.detail.config import DetailConfig, DetailLossConfig
from recon.methods.deca.detail.decoder import Decoder
from recon.methods.deca.detail.features import Vgg19, features_of
from recon.methods.deca.detail.network import DetailedDeca, DetailGeometry
from recon.methods.deca.detail.surface import detailed_picture, texels_of
from recon.methods.deca.detail.training import losses, told
from recon.methods.deca.face import face_of
from recon.methods.deca.network import Deca
from recon.methods.embedder.config import EmbedderConfig
from recon.methods.embedder.network import Embedder
from recon.methods.pretrained import save_weights
from recon.methods.uv_displacement import displaced, displacement_at
from recon.train.experiment import read_experiment
from recon.train.run import train
from tests.recon.train.resuming import same_bits, stopped_and_resumed

SIZE = 48
COARSE = {"size": SIZE, "encoder": "resnet18", "norm": "group", "features": 16, "texture_px": 16}
NETWORK = {"coarse": COARSE, "encoder": "resnet18", "code": 8, "widths": [8, 8]}
PLAIN = {"dress": {"dressed": 0}, "environment": 0, "skin": 0, "eyes": 0, "mouth": 0, "shots_per_person": 2}
pytestmark = pytest.mark.usefixtures("one_thread")


def config() -> DetailConfig:
    return DetailConfig(DecaConfig(**COARSE), "resnet18", 8, (8, 8))


@pytest.fixture(scope="module")
def network() -> DetailedDeca:
    torch.manual_seed(0)
    return DetailedDeca(config())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Coarse weights, an embedder and an experiment on them."""
    folder = tmp_path_factory.mktemp("detail")
    torch.manual_seed(1)
    save_weights(folder / "coarse.safetensors", Deca(DecaConfig(**COARSE)))
    save_weights(folder / "embedder.safetensors", Embedder(EmbedderConfig(32, (8, 8, 8, 8), 8, 2)))
    values = {
        "method": "deca_detail",
        "network": NETWORK,
        "losses": {"features": str(folder / "embedder.safetensors")},
        "start": str(folder / "coarse.safetensors"),
        "sources": {"drawn": {"scene": PLAIN, "count": 4}},
        "held_out": {"scene": PLAIN, "count": 2, "seed": 9},
        "batch_size": 2,
        "shots": 2,
        "precision": "no",
        "checkpoint_every": 2,
        "stages": [{"steps": 4, "learning_rate": 0.001, "warmup": 1}],
    }
    (folder / "detail.yaml").write_text(yaml.safe_dump(values))
    return folder


def test_the_papers_decoder_has_its_parameters() -> None:
    """181 numbers in: linear 181 * 8192 + 8192; five convolutions with batch norm; the last one."""
    paper = DetailConfig()
    decoder = Decoder(paper, 128 + 50 + 3)
    convolutions = [(128, 128), (128, 64), (64, 64), (64, 32), (32, 16)]
    wanted = 182 * 8192 + sum(9 * a * b + b + 2 * b for a, b in convolutions) + 9 * 16 + 1
    assert sum(one.numel() for one in decoder.parameters()) == wanted == 1_773_089
    assert paper.texture_px == 256 and paper.limit_mm == 10
    with torch.no_grad():
        assert decoder(torch.zeros(2, 128), torch.zeros(2, 50), torch.zeros(2, 3)).shape == (2, 1, 256, 256)


def test_a_displacement_never_passes_the_limit(network: DetailedDeca) -> None:
    code = 1e4 * torch.randn(2, 8)
    found = network.decoder(code, 1e4 * torch.randn(2, network.coarse.counts["expression"]), torch.zeros(2, 3))
    assert float(found.detach().abs().max()) <= 10


def test_no_displacement_is_the_coarse_face_and_one_on_a_side_lights_that_side_alone(network: DetailedDeca) -> None:
    coarse = network.config.coarse
    codes = network.coarse.mean_codes(1, torch.device("cpu"))
    codes.light.view(1, 9, 3)[:, 1:4] = 0.2
    face = face_of(coarse, torch.device("cpu"))
    vertices = face.vertices_mm(codes)
    flat = torch.zeros(1, 1, 32, 32)
    plain = detailed_picture(coarse, codes, vertices, flat, SIZE)
    off = (plain.rgb - face.picture(vertices, codes, SIZE).rgb).abs()
    assert float((off > 0.03).float().mean()) < 0.05  # in folds finer than a texel
    bump = flat.clone()
    bump[..., 12:20, 22:26] = 3.0  # on the model's left, which the image shows at the right
    moved = (detailed_picture(coarse, codes, vertices, bump, SIZE).rgb - plain.rgb).abs().sum(1)[0]
    assert float(moved[:, SIZE // 2 + 2 :].max()) > 0.05 > 100 * float(moved[:, : SIZE // 2 - 2].max())
    assert torch.equal(plain.mask, detailed_picture(coarse, codes, vertices, bump, SIZE).mask)


def test_gradients_reach_the_displacement_where_the_face_is_seen(network: DetailedDeca) -> None:
    coarse = network.config.coarse
    codes = network.coarse.mean_codes(1, torch.device("cpu"))
    codes.light.view(1, 9, 3)[:, 1:4] = 0.2
    displacement = torch.zeros(1, 1, 32, 32, requires_grad=True)
    vertices = face_of(coarse, torch.device("cpu")).vertices_mm(codes)
    detailed_picture(coarse, codes, vertices, displacement, SIZE).rgb.square().sum().backward()
    assert displacement.grad is not None
    reached = displacement.grad[0, 0] != 0
    mask = texels_of(coarse, 32, torch.device("cpu")).mask
    assert not (reached & ~mask).any() and float(reached[mask].float().mean()) > 0.5


def test_a_displaced_mesh_moves_along_its_normals() -> None:
    vertices = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 5, 5]]])
    uv = torch.tensor([[0.25, 0.75], [0.75, 0.75], [0.25, 0.25], [torch.nan, torch.nan]])
    displacement = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])  # row 0 on top, where v is 0.75
    assert displacement_at(displacement, uv).tolist() == [[1.0, 2.0, 3.0, 0.0]]
    moved = displaced(vertices, torch.tensor([[0, 1, 2]]), displacement, uv)
    assert torch.equal(moved[0, :, 2], torch.tensor([1.0, 2.0, 3.0, 5.0]))
    assert torch.equal(moved[0, :, :2], vertices[0, :, :2])


def test_the_same_code_everywhere_makes_consistency_equal_to_the_rest(network: DetailedDeca) -> None:
    """With one picture twice, exchanging its codes changes nothing: the loss again; with strangers there is none."""
    one = {"rgb": torch.rand(1, 3, SIZE, SIZE).expand(2, -1, -1, -1), "mask": torch.ones(2, 1, SIZE, SIZE)}
    frozen = DetailedDeca(config()).freeze()
    terms = losses(frozen, {**one, "person": torch.tensor([0, 0])}, DetailLossConfig())
    assert float(terms["consistency"]) == pytest.approx(float(terms["photometric"]), rel=1e-5)
    assert "consistency" not in losses(frozen, {**one, "person": torch.tensor([0, 1])}, DetailLossConfig())


def test_drawn_people_are_told_by_their_height_and_expression_without_a_picture(
    network: DetailedDeca, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two images one knows both: its height is the loss, with its true expression; no picture is drawn for it."""
    frozen = DetailedDeca(config()).freeze()
    expression = torch.zeros(2, len(load("default").expression_names))
    expression[0, 3], expression[1] = 0.5, torch.nan
    batch = {"rgb": torch.rand(2, 3, SIZE, SIZE), "mask": torch.ones(2, 1, SIZE, SIZE), "expression": expression}
    own, codes = frozen.codes(batch["rgb"]), told(frozen, batch)
    columns = expression_columns(load("default"))
    assert codes.expression[0].nonzero()[:, 0].tolist() == [columns.index(3)]
    assert torch.equal(codes.expression[1], own.expression[1]) and torch.equal(codes.jaw, own.jaw)
    height = frozen.displacement(frozen(batch["rgb"]), codes).detach() + 0.2
    height[1] = torch.nan
    monkeypatch.setattr("recon.methods.deca.detail.training.picture_of", None)
    weights = DetailLossConfig(photometric=0, height=10, displacement=0, symmetry=0)
    terms = losses(frozen, {**batch, "height": height, "person": torch.tensor([0, 0])}, weights)
    assert float(terms["height"]) == pytest.approx(10 * 0.04, rel=1e-4) and float(terms["consistency"]) > 0


def test_exchanging_codes_changes_detail_and_not_expression(network: DetailedDeca) -> None:
    image = torch.rand(2, 3, SIZE, SIZE)
    frozen = DetailedDeca(config()).freeze()
    with torch.no_grad():
        found = frozen.predict(image)
        swapped = frozen.displacement(found.detail.flip(0), found.codes)
    assert isinstance(found, DetailGeometry) and found.mesh is not None
    assert not torch.equal(swapped, found.mesh.displacement_mm)  # type: ignore[arg-type]
    assert torch.equal(found.mesh.vertices_mm, frozen.coarse.predict(image).mesh.vertices_mm)  # type: ignore[union-attr]


def test_a_stopped_training_goes_on_to_the_same_bits(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(read_experiment(folder / "detail.yaml"), tmp_path / "whole")
    assert same_bits(whole, stopped_and_resumed(folder / "detail.yaml", tmp_path / "stopped", monkeypatch))
    network = Reconstructor.from_pretrained(whole)
    assert isinstance(network, DetailedDeca)
    coarse = Reconstructor.from_pretrained(folder / "coarse.safetensors")
    kept = network.coarse.state_dict()
    assert all(torch.equal(value, kept[name]) for name, value in coarse.state_dict().items())  # it stays as it was
    scores = {"photometric", "photometric_coarse", "displacement_mm", "height_share"}
    assert set(network.card["held_out"]) == scores
    other = read_experiment(folder / "detail.yaml", {"network.coarse.features": "8"})
    with pytest.raises(UserError, match="other layers"):
        train(other, tmp_path / "other")


def test_vgg19_is_read_at_its_layers(tmp_path: Path) -> None:
    torch.manual_seed(0)
    layers = torchvision.models.vgg.make_layers(torchvision.models.vgg.cfgs["E"])
    whole = {f"features.{name}": value.detach() for name, value in layers.state_dict().items()}
    torch.save(whole, tmp_path / "vgg.pth")
    image = torch.rand(1, 3, 32, 32)
    third, fourth = features_of(str(tmp_path / "vgg.pth"), torch.device("cpu"))(image)
    assert third.shape == (1, 256, 8, 8) and fourth.shape == (1, 512, 4, 4)
    names = [type(layer).__name__ for layer in layers]
    pools = [number for number, name in enumerate(names) if name == "MaxPool2d"]
    assert names[13] == names[22] == "ReLU" and pools[1] + 4 == 13 and pools[2] + 4 == 22  # second of conv3 and conv4
    seen: list[Tensor] = []
    layers[13].register_forward_hook(lambda *told: seen.append(told[2].clone()))
    told = Vgg19(layers)(image)[0]
    assert torch.equal(told, third) and torch.equal(seen[0], third)
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, tmp_path / "part.pth")
    torch.save(torch.nn.Linear(2, 2), tmp_path / "pickled.pth")
    for name, said in (
        ("part.pth", "lacks features"),
        ("pickled.pth", "no weights of VGG19"),
        ("no.pth", "no weights"),
    ):
        with pytest.raises(UserError, match=said):
            features_of(str(tmp_path / name), torch.device("cpu"))
