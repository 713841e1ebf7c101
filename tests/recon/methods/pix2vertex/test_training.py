from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from recon.methods.pix2vertex.network import Maps, Pix2Vertex, Pix2VertexConfig
from recon.methods.pix2vertex.training import METHOD, scores, sheet
from recon.synthesis.placement import PlacementConfig
from recon.train.experiment import Stage, experiment_class
from recon.train.run import Step, initial_state
from tests.recon.methods.pix2vertex.bumps import bumps

TINY = experiment_class("pix2vertex")(
    network=Pix2VertexConfig("joint", 32, "unet", (16, 32, 32), unshuffle=1, norm="group", dropout=0.0),
    placement=PlacementConfig(mirror=0),
    stages=(Stage(steps=80, learning_rate=3e-3, warmup=4),),
    batch_size=4,
    precision="no",
    channels_last=False,
)


@pytest.mark.parametrize(("outputs", "optimizer"), [("joint", "adam"), ("separate", "adam"), ("joint", "muon")])
def test_one_batch_can_be_learnt(outputs, optimizer) -> None:
    experiment = replace(TINY, network=replace(TINY.network, outputs=outputs), optimizer=optimizer)
    state, batch, step = initial_state(experiment, METHOD), bumps(0), Step(experiment, METHOD)
    totals = []
    for _ in range(80):
        totals.append(float(torch.stack(list(step(state, batch).values())).sum().detach()))
        state.schedules["network"].step()
        state.step += 1
    assert totals[-1] < 0.5 * totals[0]


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
