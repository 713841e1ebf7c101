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
from recon.methods.prnet.config import PRNetConfig, PRNetLossConfig
from recon.methods.prnet.losses import position_loss, weight_mask
from recon.methods.prnet.network import PRNet
from recon.methods.prnet.training import METHOD, losses, scores, sheet
from recon.people.wardrobe import DressConfig
from recon.synthesis.produce import produce
from recon.synthesis.render_job import RenderJob
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.source import Stored
from recon.synthesis.targets import UvPositionTarget
from recon.train.batches import collated
from recon.train.experiment import read_experiment
from recon.train.retexture import COLUMNS, ROWS
from recon.train.run import StagedBatches, train
from tests.recon.train.resuming import same_bits, stopped_and_resumed

PLAIN = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0)
SIZE = 64
NETWORK = {"size": SIZE, "widths": [8, 16, 16, 32, 32, 32], "unshuffle": 2, "norm": "group", "decoder": "bilinear"}
CONFIGS = Path(__file__).parents[4] / "configs" / "recon"
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def batch() -> dict[str, Tensor]:
    model, target = load("default"), UvPositionTarget(SIZE)
    return collated([target(render_record(model, draw_scene(model, 3, n, PLAIN), SIZE)) for n in range(2)])


@pytest.fixture(scope="module")
def experiment_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("experiment")
    produce(RenderJob(4, SIZE, PLAIN), 3, folder / "renders", 1)
    plain = {"dress": {"dressed": 0}, "environment": 0, "skin": 0, "eyes": 0, "mouth": 0}
    values = {
        "method": "prnet",
        "network": NETWORK,
        "sources": {"drawn": {"count": 3, "scene": plain}, "stored": {"dataset": str(folder / "renders")}},
        "held_out": {"dataset": str(folder / "renders"), "last": 2},
        "placement": {"rotation_deg": 45, "scale_min": 0.9, "scale_max": 1.2, "shift_max": 0.1},
        "augment": {"channels": 0.4},
        "batch_size": 2,
        "weight_decay": 0.0002,
        "checkpoint_every": 2,
        "stages": [{"steps": 4, "learning_rate": 0.001, "warmup": 1, "decay": "constant"}],
    }
    (folder / "tiny.yaml").write_text(yaml.safe_dump(values))
    return folder / "tiny.yaml"


def test_a_stopped_training_goes_on_to_the_same_bits(
    experiment_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a drawn and a stored source, turned, scaled and shifted."""
    whole = train(read_experiment(experiment_file), tmp_path / "whole")
    assert same_bits(whole, stopped_and_resumed(experiment_file, tmp_path / "stopped", monkeypatch))
    network = Reconstructor.from_pretrained(whole)
    assert isinstance(network, PRNet) and network.config == PRNetConfig(
        **{**NETWORK, "widths": (8, 16, 16, 32, 32, 32)}
    )
    assert set(network.card["held_out"]) == {"nme_2d", "nme_3d", "dense_px"}


def test_one_batch_can_be_learnt(experiment_file: Path, batch: dict[str, Tensor]) -> None:
    torch.manual_seed(0)
    experiment = read_experiment(experiment_file)
    network = PRNet(experiment.network)
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    totals = []
    for _ in range(40):
        total = losses(network, batch, experiment.losses)["position"]
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(float(total.detach()))
    assert totals[-1] < 0.5 * totals[0]


def test_the_loss_is_the_weighted_squared_error_in_shares_of_the_side() -> None:
    true, weight = torch.zeros(2, 3, 10, 10), torch.zeros(1, 10, 10)
    weight[0, 0], weight[0, 1] = 16, 4
    off = true.clone()
    off[:, 0, 0] = 3
    off[:, 1, 1] = 5
    assert float(position_loss(off, true, weight)) == pytest.approx((16 * 0.09 + 4 * 0.25) / 20)
    off[:, :, 5] = 100  # nothing counts there
    assert float(position_loss(off, true, weight)) == pytest.approx((16 * 0.09 + 4 * 0.25) / 20)


def test_ratios_of_the_ablation(batch: dict[str, Tensor]) -> None:
    """The neck does not count unless a ratio says so; the default mask is the target's."""
    device = torch.device("cpu")
    assert torch.equal(weight_mask(SIZE, PRNetLossConfig().ratios, device), batch["uv_weight"][0])
    neck = batch["uv_weight"][0, 0] == 0

    class Perfect(PRNet):
        def forward(self, image: Tensor) -> Tensor:
            return torch.where(neck, batch["uv_position"] + 8, batch["uv_position"])

    network = Perfect(PRNetConfig(**NETWORK))
    found = [
        float(losses(network, batch, PRNetLossConfig(position=1, ratios=ratios))["position"])
        for ratios in ((16.0, 4.0, 3.0, 0.0), (1.0, 1.0, 1.0, 0.0), (1.0, 1.0, 1.0, 1.0))
    ]
    assert found == [0, 0, pytest.approx(3 * (8 / SIZE) ** 2 * neck.float().mean().item(), rel=1e-4)]
    assert scores(network, [batch]) == {"nme_2d": 0, "nme_3d": 0, "dense_px": 0}
    assert sheet(network, batch).shape == (3, 2 * (SIZE + 2) + 2, 6 * (SIZE + 2) + 2)


def test_scores_of_a_known_shift(batch: dict[str, Tensor]) -> None:
    class Shifted(PRNet):
        def forward(self, image: Tensor) -> Tensor:
            return batch["uv_position"] + torch.tensor([3.0, 0, 4.0]).view(3, 1, 1)

    found = scores(Shifted(PRNetConfig(**NETWORK)), [batch])
    assert found["dense_px"] == pytest.approx(5, rel=1e-4)
    assert found["nme_3d"] / found["nme_2d"] == pytest.approx(5 / 3, rel=1e-4) and 5 < found["nme_2d"] < 20


def test_the_papers_file_says_the_papers_training() -> None:
    one = read_experiment(CONFIGS / "prnet_256_paper.yaml")
    assert one.network == PRNetConfig() and one.losses == PRNetLossConfig()
    rates = [stage.learning_rate for stage in one.stages]
    assert rates[0] == 1e-4 and np.allclose(np.divide(rates[1:], rates[:-1]), 0.5)
    epoch = sum(source.count for source in one.sources.values()) // one.batch_size
    assert {(stage.steps, stage.decay) for stage in one.stages} == {(5 * epoch, "constant")}
    assert (one.optimizer, one.batch_size, one.weight_decay) == ("adam", 16, 2e-4)


def test_photos_skin_is_laid_on_the_render_and_leaves_the_map(experiment_file: Path) -> None:
    np.save(experiment_file.parent / "skins.npy", np.full((1, 3, ROWS, COLUMNS), 200, np.uint8))
    still = {f"augment.{name}": "0" for name in ("occluders", "colour", "channels", "grey", "shadow", "degrade")}
    textured = {"textures.file": str(experiment_file.parent / "skins.npy"), "textures.share": "1"}
    renders = Stored.at(experiment_file.parent / "renders")
    plain, skinned = (
        StagedBatches(read_experiment(experiment_file, still | more), METHOD, [renders, renders])(0)
        for more in ({}, textured)
    )
    changed = (plain["rgb"] - skinned["rgb"]).abs().amax(1, keepdim=True) > 1e-4
    inside = skinned["mask"].bool()
    assert changed[inside].float().mean() > 0.5 and not changed[~inside].any()
    assert torch.equal(plain["uv_position"], skinned["uv_position"])


def test_bad_settings_are_one_sentence(experiment_file: Path) -> None:
    with pytest.raises(UserError, match="weight_decay is Adam's"):
        read_experiment(experiment_file, {"optimizer": "muon"})
    with pytest.raises(UserError, match="ratios are all 0"):
        read_experiment(experiment_file, {"losses.ratios": "[0, 0, 0, 0]"})
    with pytest.raises(UserError, match="is above scale_max"):
        read_experiment(experiment_file, {"placement.scale_min": "1.3"})
