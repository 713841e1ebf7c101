"""L_Geom through DECA, PRNet and VRN holds a generator, end to end."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from recon.methods.base import Reconstructor
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.network import Deca
from recon.methods.pretrained import save_weights
from recon.methods.prnet.network import PRNet, PRNetConfig
from recon.methods.vrn.config import VRNConfig
from recon.methods.vrn.network import VRN
from synth2real.cli import main
from synth2real.gan.generator import Generator

SMALL = """
size: 64
batch: 2
steps: 20
precision: "no"
held_out: 2
evaluate_every: 20
generator: {widths: [8, 16], head_width: 8}
discriminator: {width: 8, strides: 2}
sources:
  renders: {scene: configs/scenes/painted.yaml, count: 3, yaw_limit_deg: 20}
photos: {framing: none, without_glasses: false}
"""


def prnet() -> PRNet:
    return PRNet(PRNetConfig(64, (8, 16, 16, 32, 32, 32), 2, "group", "bilinear"))


def vrn() -> VRN:
    return VRN(VRNConfig(64, 32, 32, 1.25, "plain", 16, 2, 3, "group"))


def deca() -> Deca:
    return Deca(DecaConfig(64, "resnet18", "group", features=32, texture_px=32))


@pytest.mark.parametrize("untrained", [prnet, vrn, deca])
def test_twenty_steps_with_another_method_as_the_geometric_loss(
    untrained: Callable[[], Reconstructor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synth2real.photos.upright.reason_against_crop", lambda *given: None)  # it knows no faces yet
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "photos").mkdir()
    for i in range(3):
        pixels = np.random.default_rng(i).integers(0, 255, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{i}.png")
    torch.manual_seed(0)
    save_weights(tmp_path / "network.safetensors", untrained())
    words = ["train", str(tmp_path / "small.yaml"), "--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "run")]
    words += ["--photos.folder", str(tmp_path / "photos"), "--geometry.network", str(tmp_path / "network.safetensors")]
    assert main(words) == 0
    generator = Generator.from_pretrained(tmp_path / "run" / "generator.safetensors")
    assert generator.card["steps"] == 20 and len(generator.card["inputs"]["geometry.network"]) == 16
