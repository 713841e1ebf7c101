from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.evaluate.person_settings import ShapeSpreadSettings
from recon.evaluate.protocols import shape_spread
from recon.faces import load
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.detail.config import DetailConfig
from recon.methods.deca.detail.network import DetailedDeca
from recon.methods.deca.network import Deca
from recon.methods.pretrained import save_weights

pytestmark = pytest.mark.usefixtures("one_thread")


def figures(within: float, between: float) -> dict[str, float]:
    """Of 400 people of three pictures: one place each, spread so (mm on each axis) within and between them."""
    rng = np.random.default_rng(0)
    own = rng.normal(0, between, (400, 1, 1, 3))
    return {one.name: one.value for one in shape_spread.spreads(own + rng.normal(0, within, (400, 3, 1, 3)))}


def test_spreads_are_told_apart() -> None:
    """The spread within is not taken for one between people, few as the pictures are."""
    told = figures(1.0, 2.0)
    assert told["within_mm"] == pytest.approx(3**0.5, rel=0.05)
    assert told["between_mm"] == pytest.approx(12**0.5, rel=0.1)
    assert told["ratio"] == pytest.approx(0.5, rel=0.1)
    assert figures(0.0, 1.0)["ratio"] < 1e-9 and figures(1.0, 0.0)["ratio"] > 3


def test_a_neutral_face_is_the_models() -> None:
    model = load("default")
    shape = torch.zeros(1, 80)
    shape[0, 2] = 1.5
    face = model.triangles[model.face].unique().long()
    wanted = model.vertices(shape[0], torch.zeros(52))[face]
    torch.testing.assert_close(shape_spread.neutral_mm(shape, model)[0], wanted - wanted.mean(0), atol=1e-4, rtol=0)


def test_an_untrained_network_end_to_end_and_one_without_codes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Deca(DecaConfig(64, "resnet18", "group", features=32, texture_px=32))
    save_weights(tmp_path / "net.safetensors", network)
    (tmp_path / "plain.yaml").write_text("{dress: {dressed: 0}, environment: 0, skin: 0, eyes: 0, mouth: 0}")
    settings = ShapeSpreadSettings(tmp_path / "net.safetensors", tmp_path / "plain.yaml", people=2, shots=2)
    result = shape_spread.run(settings)
    assert [one.name for one in result.figures] == list(shape_spread.NAMES) and result.figures[0].value > 0
    both = DetailedDeca(DetailConfig(network.config, "resnet10", 8, (8,)))
    both.coarse.load_state_dict(network.state_dict())
    save_weights(tmp_path / "both.safetensors", both)
    assert shape_spread.run(replace(settings, network=tmp_path / "both.safetensors")).figures == result.figures
    with pytest.raises(UserError, match="which pix2vertex has none of"):
        shape_spread.run(ShapeSpreadSettings(Path("data/weights/pix2vertex.safetensors")))
