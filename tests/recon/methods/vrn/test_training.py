from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from torch import Tensor

from recon.errors import UserError
from recon.faces import load
from recon.methods.base import Reconstructor
from recon.methods.vrn.config import VRNConfig, VRNLossConfig
from recon.methods.vrn.losses import volume_loss
from recon.methods.vrn.network import VRN
from recon.methods.vrn.training import losses, scores, sheet, target
from recon.methods.vrn.volume_network import Logits
from recon.people.wardrobe import DressConfig
from recon.synthesis.produce import produce
from recon.synthesis.render_job import RenderJob
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.train.batches import collated
from recon.train.experiment import read_experiment
from recon.train.run import train
from tests.recon.train.resuming import same_bits, stopped_and_resumed

PLAIN = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0)
SIZE = 64
NETWORK = {"size": SIZE, "volume": 32, "depth": 32, "layer_px": 1.25, "width": 16, "levels": 2, "kernel": 3}
NETWORK |= {"norm": "group", "variant": "guided", "landmark_width": 16}
CONFIGS = Path(__file__).parents[4] / "configs" / "recon"
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def batch() -> dict[str, Tensor]:
    model, learnt = load("default"), target(VRNConfig(**NETWORK), False)
    return collated([learnt(render_record(model, draw_scene(model, 3, n, PLAIN), SIZE)) for n in range(2)])


@pytest.fixture(scope="module")
def experiment_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("experiment")
    produce(RenderJob(4, SIZE, PLAIN), 3, folder / "renders", 1)
    plain = {"dress": {"dressed": 0}, "environment": 0, "skin": 0, "eyes": 0, "mouth": 0}
    values = {
        "method": "vrn",
        "network": NETWORK,
        "sources": {"drawn": {"count": 3, "scene": plain}, "stored": {"dataset": str(folder / "renders")}},
        "held_out": {"dataset": str(folder / "renders"), "last": 2},
        "placement": {"mirror": 0.2, "rotation_deg": 45, "scale_min": 0.85, "scale_max": 1.15, "shift_max": 0.078125},
        "augment": {"channels": 0.4},
        "batch_size": 2,
        "optimizer": "rmsprop",
        "checkpoint_every": 2,
        "stages": [{"steps": 4, "learning_rate": 0.001, "warmup": 1, "decay": "constant"}],
    }
    (folder / "tiny.yaml").write_text(yaml.safe_dump(values))
    return folder / "tiny.yaml"


def test_a_stopped_training_goes_on_to_the_same_bits(
    experiment_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a drawn and a stored source, turned, scaled, shifted and mirrored, under RMSProp."""
    whole = train(read_experiment(experiment_file), tmp_path / "whole")
    assert same_bits(whole, stopped_and_resumed(experiment_file, tmp_path / "stopped", monkeypatch))
    network = Reconstructor.from_pretrained(whole)
    assert isinstance(network, VRN) and network.config == VRNConfig(**NETWORK)
    assert set(network.card["held_out"]) == {"loss_share", "iou", "front_px", "nme_2d"}


@pytest.mark.parametrize("variant", ["plain", "multitask"])
def test_one_batch_can_be_learnt(variant: str, batch: dict[str, Tensor]) -> None:
    torch.manual_seed(0)
    network = VRN(VRNConfig(**{**NETWORK, "variant": variant}))
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    totals, terms = [], {}
    for _ in range(25):
        terms = losses(network, batch, VRNLossConfig())
        total = torch.stack(list(terms.values())).sum()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(float(total.detach()))
    assert totals[-1] < 0.5 * totals[0]
    assert set(terms) == ({"volume"} if variant == "plain" else {"volume", "landmarks"})


def test_the_loss_is_the_sigmoid_cross_entropy() -> None:
    logits = torch.tensor([2.0, -1.0, 0.5]).view(1, 3, 1, 1)
    true = torch.tensor([True, False, False]).view(1, 3, 1, 1)
    share = logits.sigmoid()
    expected = -(share[:, :1].log().sum() + (1 - share[:, 1:]).log().sum()) / 3
    torch.testing.assert_close(volume_loss(logits, true), expected)


def test_scores_of_the_truth_and_of_a_known_shift(batch: dict[str, Tensor]) -> None:
    class Perfect(VRN):
        moved = 0

        def forward(self, image: Tensor, landmarks_px: Tensor | None = None) -> Logits:
            return Logits(40 * batch["volume"].roll(self.moved, 1).float() - 20, None)

    network = Perfect(VRNConfig(**{**NETWORK, "variant": "plain"}))
    found = scores(network, [batch])
    assert found["loss_share"] < 1e-6 and found["iou"] == 100 and found["front_px"] == 0 and "nme_2d" not in found
    network.moved = 2
    found = scores(network, [batch])
    assert 50 < found["iou"] < 95 and found["front_px"] > 0.5
    assert sheet(network, batch).shape == (3, 2 * (SIZE + 2) + 2, 4 * (SIZE + 2) + 2)


def test_the_guided_network_is_shown_the_truth_in_training(batch: dict[str, Tensor]) -> None:
    torch.manual_seed(0)
    network = VRN(VRNConfig(**{**NETWORK, "landmark_width": 0}))
    assert set(losses(network, batch, VRNLossConfig())) == {"volume"}
    with pytest.raises(UserError, match="no landmark network"):
        network.predict(batch["rgb"])
    shown = network.predict(batch["rgb"], batch["landmarks_px"]).volume
    torch.testing.assert_close(shown, network(batch["rgb"], batch["landmarks_px"]).volume)
    assert not torch.allclose(shown, network.predict(batch["rgb"], batch["landmarks_px"] + 9).volume)


def test_the_papers_file_says_the_papers_training() -> None:
    one = read_experiment(CONFIGS / "vrn_192_paper.yaml")
    assert one.network == VRNConfig(layer_px=0.62) and one.losses == VRNLossConfig()
    epoch = sum(source.count for source in one.sources.values()) // one.batch_size
    assert [(stage.learning_rate, stage.decay) for stage in one.stages] == [(1e-4, "constant"), (1e-5, "constant")]
    assert one.stages[0].steps == 40 * epoch and one.optimizer == "rmsprop"
    moved = one.placement
    assert (moved.rotation_deg, moved.mirror, moved.scale_min, moved.scale_max) == (45, 0.2, 0.85, 1.15)
    assert moved.shift_max * one.network.size == 15 and np.isclose(one.augment.channels, 0.4)
