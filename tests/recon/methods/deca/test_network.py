from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from recon.errors import UserError
from recon.faces import load
from recon.faces.articulation import JAW, ROOT
from recon.faces.model import NASION
from recon.methods.deca.codes import Codes, expression_columns, split
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.face import face_of
from recon.methods.deca.network import Deca
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE, Framing
from recon.reconstruction.looking import look
from recon.reconstruction.networks import model_for
from tests.recon.faces.published import IDENTITIES, UNITS, write_flame

pytestmark = pytest.mark.usefixtures("one_thread")
SMALL = DecaConfig(size=64, encoder="resnet18", norm="group", features=32, texture_px=32)
CPU = torch.device("cpu")
RESNET50, RESNET18 = 23_508_032, 11_176_512  # without their last layers, as published


def drawn_codes(network: Deca, count: int = 2) -> Codes:
    generator = torch.Generator().manual_seed(0)
    start = network.mean_codes(count, CPU)
    values = torch.cat(list(vars(start).values()), 1)
    return split(values + 0.3 * torch.randn(values.shape, generator=generator), network.counts)


def test_the_papers_network_has_the_papers_codes_and_parameters() -> None:
    """With FLAME 100 + 50 + 50 + 6 + 3 + 27 = 236; with the bundled model as many as it has."""
    network, small = Deca(DecaConfig()), Deca(SMALL)
    assert network.counts == {"shape": 80, "texture": 50, "expression": 40, "pose": 6, "camera": 3, "light": 27}
    of_linear = 2048 * 1024 + 1024 + (1024 + 1) * 206
    assert sum(value.numel() for value in network.parameters()) == RESNET50 + of_linear == 25_817_358
    assert sum(value.numel() for value in small.parameters()) == RESNET18 + (512 + 1) * 32 + (32 + 1) * 206


def test_codes_follow_a_model_whose_expressions_are_components(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FLAME's jaw is turned by the pose and its eyes by nothing; the modes that the file has are the codes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = DecaConfig(**{**vars(SMALL), "model": f"flame:{write_flame(tmp_path)}", "albedo": "plain"})
    network = Deca(config)
    assert network.counts == {
        **{"shape": IDENTITIES, "texture": 50, "expression": len(UNITS)},
        **{"pose": 6, "camera": 3, "light": 27},
    }
    codes, model = drawn_codes(network), load(config.model)
    found = face_of(config, CPU, whole=True).vertices_mm(codes)
    expression = torch.zeros(len(model.expression_basis))
    expression[: len(UNITS)] = codes.expression[1]
    pose = torch.zeros(5, 3)
    pose[ROOT], pose[JAW] = codes.pose[1, :3], codes.jaw[1]
    torch.testing.assert_close(found[1], model.vertices(codes.shape[1], expression, pose), atol=1e-3, rtol=1e-4)
    answer = network.predict(torch.rand(1, 3, 64, 64))
    assert answer.mesh is not None and answer.mesh.topology == config.model and bool(answer.mask.any())
    torch.testing.assert_close(answer.at_rest_mm[0], model.vertices(answer.codes.shape[0], expression * 0))
    assert model_for(network, None) is model and model_for(network, config.model) is model
    with pytest.raises(UserError, match="--model default: this network tells parameters of 'flame:"):
        model_for(network, "default")
    (face,) = look(Image.new("RGB", (64, 64), (150, 120, 100)), network, model, [Framing(np.full(2, 32.0), 17.0, 0.0)])
    assert face is not None and face.mesh is not None and face.mesh.vertices_mm.shape == model.mean.shape


def test_the_decoder_is_the_face_model() -> None:
    """Batches as one by one; the drawn part as the whole."""
    network = Deca(SMALL)
    codes, model = drawn_codes(network), load("default")
    columns = expression_columns(model)
    names = {model.expression_names[column] for column in columns}
    assert {"jawOpen", "tongueOut", "eyeLookUpLeft"}.isdisjoint(names) and "jawForward" in names
    whole, part = face_of(SMALL, CPU, whole=True), face_of(SMALL, CPU)
    found = whole.vertices_mm(codes)
    for number in range(2):
        expression = torch.zeros(52)
        expression[list(columns)] = codes.expression[number]
        pose = torch.zeros(5, 3)
        pose[ROOT], pose[JAW] = codes.pose[number, :3], codes.jaw[number]
        alone = model.vertices(codes.shape[number], expression, pose)
        torch.testing.assert_close(found[number], alone, atol=1e-3, rtol=1e-4)
    drawn = part.vertices_mm(codes)
    assert drawn.shape[1] < 0.6 * found.shape[1]
    torch.testing.assert_close(whole.landmarks(found, codes), part.landmarks(drawn, codes), atol=1e-5, rtol=0)
    pictures = [face.picture(places, codes, 48) for face, places in ((whole, found), (part, drawn))]
    torch.testing.assert_close(pictures[0].rgb, pictures[1].rgb, atol=2e-3, rtol=0)


def test_an_answer_is_the_mesh_of_its_codes() -> None:
    torch.manual_seed(0)
    network = Deca(SMALL).freeze()
    image = torch.rand(2, 3, 96, 96, requires_grad=True)
    answer = network.predict(image)
    model = load("default")
    assert answer.mesh is not None and answer.landmarks is not None and answer.ambiguity == "scale"
    assert answer.mesh.vertices_mm.shape == (2, len(model.mean), 3) and answer.mask.shape == (2, 1, 96, 96)
    assert not answer.mesh.vertices_mm[:, model.landmarks[NASION]].any()
    torch.testing.assert_close(answer.landmarks.pixels, answer.mesh.pixels[:, model.landmarks])
    scale = answer.codes.camera[:, :1, None] / 100 * 48
    across = (answer.mesh.pixels - answer.mesh.pixels[:, model.landmarks[NASION], None]) / scale * torch.tensor([1, -1])
    torch.testing.assert_close(across, answer.mesh.vertices_mm[..., :2], atol=2e-2, rtol=1e-3)
    answer.landmarks.pixels.sum().backward()
    assert image.grad is not None and image.grad.abs().sum() > 0
    with pytest.raises(UserError, match="96x96 px; this network takes 64x64 px"):
        network(image)


def test_an_untrained_answer_of_zero_is_the_mean_face_framed_as_photos_are() -> None:
    network = Deca(SMALL)
    codes, face = network.mean_codes(1, CPU), face_of(SMALL, CPU, whole=True)
    vertices = face.vertices_mm(codes)
    torch.testing.assert_close(vertices[0], load("default").mean, atol=1e-4, rtol=0)
    marks = (face.landmarks(vertices, codes)[0] + 1) / 2  # shares of the side
    eyes = torch.stack([marks[36:42].mean(0), marks[42:48].mean(0)])
    assert float((eyes[1] - eyes[0]).norm()) == pytest.approx(EYE_SHARE, rel=1e-3)
    assert eyes.mean(0).tolist() == pytest.approx(list(EYES_MIDDLE), abs=1e-4)


def test_the_difference_is_how_far_vertices_move_in_the_image() -> None:
    """Between two answers a shift of the camera by t moves every vertex so many mm at the scale that the first says."""
    torch.manual_seed(0)
    network = Deca(SMALL).freeze()
    with torch.no_grad():
        before = network.predict(torch.rand(2, 3, 64, 64))
        assert float(network.difference(before, before, {})) == 0
        after = network.predict(torch.rand(2, 3, 64, 64))
        shifted = type(before)(**{**vars(before), "places_px": before.places_px + torch.tensor([3.0, -4.0, 0.0])})
        mm = 2 * 100 / (before.codes.camera[:, 0] * 64)  # a pixel
        assert float(network.difference(before, shifted, {})) == pytest.approx(float((7 * mm / 100).mean()), rel=1e-4)
        assert float(network.difference(before, after, {})) > 0
        twice = {"emphasis": torch.full((2, 1, 64, 64), 2.0)}
        assert float(network.difference(before, shifted, twice)) == pytest.approx(
            float((14 * mm / 100).mean()), rel=1e-4
        )
        deeper = type(before)(**{**vars(before), "places_px": before.places_px + torch.tensor([0.0, 0.0, 9.0])})
        assert float(network.difference(before, deeper, {})) == pytest.approx(0, abs=1e-5)  # the camera knows no depth
