from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from recon.configuration import read_config
from recon.methods.base import Reconstructor
from recon.methods.pix2vertex.losses import Pix2VertexLossConfig, pix2vertex_losses
from recon.methods.pix2vertex.network import Maps, Pix2Vertex, Pix2VertexConfig
from recon.methods.pix2vertex.training import Pix2VertexTrainConfig, initial_state, rate, scores, sheet, step, train
from recon.train.augment import AugmentConfig

STILL = AugmentConfig(flip=0, occluders=0, colour=0, grey=0, shadow=0, degrade=0)
TINY = Pix2VertexTrainConfig(
    network=Pix2VertexConfig("joint", 32, "unet", (16, 32, 32), unshuffle=1, norm="group", dropout=0.0),
    augment=STILL,
    steps=40,
    batch_size=4,
    learning_rate=3e-3,
    warmup=4,
    ema_decay=0.9,
    precision="no",
    channels_last=False,
    evaluate_every=40,
    checkpoint_every=40,
)


def bumps(index: int, size: int = 32) -> dict[str, Tensor]:
    """Four shaded half ellipsoids of different sizes."""
    draws = torch.Generator().manual_seed(index)
    radius = torch.rand(4, 1, 1, generator=draws) * 0.4 + 0.5
    line = (torch.arange(size) + 0.5) / size * 2 - 1
    x, y = line.expand(4, size, size), -line[:, None].expand(4, size, size)
    height = (1 - (x**2 + y**2) / radius**2).clamp_min(0).sqrt()
    mask = (height > 0.2).float()[:, None]
    position = torch.stack([x * 100, y * 100, height * 60 - 60], 1) * mask
    return {
        "rgb": height[:, None].expand(-1, 3, -1, -1).clone(),
        "mask": mask,
        "position_mm": position,
        "correspondence": (position / 200 + 0.5) * mask,
        "normals": torch.zeros_like(position),
    }


def test_the_true_maps_cost_nothing() -> None:
    batch = bumps(0)
    truth = Maps(batch["position_mm"] / 100, batch["correspondence"], (batch["mask"] * 2 - 1) * 40)
    losses = pix2vertex_losses(truth, batch, Pix2VertexLossConfig())
    assert losses.keys() == {"position", "correspondence", "mask", "normals"}
    assert all(float(loss) < 1e-5 for loss in losses.values())


def test_weights_are_the_papers_and_normals_can_be_off() -> None:
    batch = bumps(0)
    off_by_10_mm = Maps(batch["position_mm"] / 100 + 0.1, batch["correspondence"] - 0.02, batch["mask"] * 80 - 40)
    losses = pix2vertex_losses(off_by_10_mm, batch, Pix2VertexLossConfig(normals=0))
    torch.testing.assert_close(losses["position"], torch.tensor(10.0))
    torch.testing.assert_close(losses["correspondence"], torch.tensor(2.0))
    assert "normals" not in losses


@pytest.mark.parametrize(("outputs", "optimizer"), [("joint", "adam"), ("separate", "adam"), ("joint", "muon")])
def test_one_batch_can_be_learnt(outputs, optimizer) -> None:
    network = replace(TINY.network, outputs=outputs)
    config = replace(TINY, steps=80, network=network, optimizer=optimizer)
    state, batch = initial_state(config), bumps(0)
    totals = []
    for _ in range(80):
        totals.append(float(torch.stack(list(step(state, batch, config).values())).sum().detach()))
        state.schedules["network"].step()
    assert totals[-1] < 0.5 * totals[0]


def test_the_rate_rises_then_falls_to_zero() -> None:
    for decay in ("cosine", "linear"):
        config = Pix2VertexTrainConfig(steps=100, warmup=10, decay=decay)
        rates = [rate(index, config) for index in range(101)]
        assert rates[0] == 0.1 and max(rates) == rates[10] == 1
        assert rates[100] == pytest.approx(0) and rates[55] == pytest.approx(0.5)
        assert rates[10:] == sorted(rates[10:], reverse=True)


def test_scores_of_a_perfect_network() -> None:
    batch = bumps(1)

    class Perfect(Pix2Vertex):
        def forward(self, image: Tensor) -> Maps:
            shifted = batch["position_mm"] / 100 + torch.tensor([0, 0, 0.07]).view(1, 3, 1, 1)
            return Maps(shifted, batch["correspondence"], batch["mask"] * 80 - 40)

    network = Perfect(TINY.network)
    result = scores(network, [batch])
    assert result["depth_mm"] == pytest.approx(0, abs=1e-4)  # a shift of the depth is free
    assert result["position_mm"] == pytest.approx(7, rel=1e-4)
    assert result["correspondence"] == 0 and result["mask_iou"] == 1 and result["normals_deg"] < 0.1
    assert sheet(network, batch).shape == (3, 4 * 34 + 2, 9 * 34 + 2)


def test_a_run_ends_with_weights_that_load(tmp_path: Path) -> None:
    weights = train(TINY, bumps, [bumps(1000)], tmp_path)
    network = Reconstructor.from_pretrained(weights)
    assert isinstance(network, Pix2Vertex) and network.config == TINY.network
    assert Reconstructor.from_pretrained(weights).card["images"] == 160
    assert read_config(Pix2VertexTrainConfig, tmp_path / "config.yaml") == TINY
    assert (tmp_path / "sheets" / "sheet_00000040.png").exists()


@pytest.mark.parametrize("path", sorted(Path("configs/recon").rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_experiment_file_is_a_valid_one(path: Path) -> None:
    config = read_config(Pix2VertexTrainConfig, path)
    with torch.device("meta"):
        network = Pix2Vertex(config.network)
    assert config.network.size % network.stride == 0
