from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from torch import nn

from recon.errors import UserError
from recon.methods.base import Reconstructor
from recon.methods.embedder.config import EmbedderConfig
from recon.methods.embedder.loading import load_embedder
from recon.methods.embedder.network import Embedder
from recon.train.experiment import read_experiment
from recon.train.run import train
from tests.recon.train.resuming import same_bits, stopped_and_resumed

pytestmark = pytest.mark.usefixtures("one_thread")
PLAIN = {"dress": {"dressed": 0}, "environment": 0, "skin": 0, "eyes": 0, "mouth": 0, "shots_per_person": 2}
NETWORK = {"size": 32, "widths": [8, 8, 8, 8], "numbers": 8, "people": 8}


def experiment_in(folder: Path, sources: dict, **changes: Any) -> Path:
    values = {
        "method": "embedder",
        "network": NETWORK,
        "sources": sources,
        "held_out": {"scene": PLAIN, "count": 8, "seed": 9},
        "batch_size": 4,
        "shots": 2,
        "precision": "no",
        "checkpoint_every": 2,
        "stages": [{"steps": 4, "learning_rate": 0.01, "warmup": 1}],
        **changes,
    }
    (folder / "embedder.yaml").write_text(yaml.safe_dump(values))
    return folder / "embedder.yaml"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two photos of one person, three of another, one of a third."""
    rng = np.random.default_rng(0)
    for name in ("ann/1", "ann/2", "bob/1", "bob/2", "bob/3", "cy/1"):
        file = tmp_path / "photos" / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (40, 40, 3), np.uint8)).save(file)
    table = ["file,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_l_x,mouth_l_y,mouth_r_x,mouth_r_y"]
    table += [
        f"{one.relative_to(tmp_path / 'photos')},14,18,26,18,20,24,16,28,24,28"
        for one in sorted(tmp_path.rglob("*.png"))
    ]
    (tmp_path / "photos" / "faces.csv").write_text("\n".join(table))
    return tmp_path / "photos"


def test_a_stopped_training_goes_on_to_the_same_bits(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From drawn people and from a tree of photos."""
    file = experiment_in(tmp_path, {"drawn": {"scene": PLAIN, "count": 8}, "photos": {"photos": str(tree)}})
    whole = train(read_experiment(file), tmp_path / "whole")
    assert same_bits(whole, stopped_and_resumed(file, tmp_path / "stopped", monkeypatch))
    network = load_embedder(whole)
    assert isinstance(network, Embedder) and set(network.card["held_out"]) >= {"verification", "area"}
    with pytest.raises(UserError, match="kind 'embedder'"):
        Reconstructor.from_pretrained(whole)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"shots": 1}, "set shots to 2"),
        ({"shots": 3}, "not divisible by shots 3"),
        ({"network": {**NETWORK, "people": 2}}, "raise it to"),
        ({"sources": {"drawn": {"scene": {**PLAIN, "shots_per_person": 1}, "count": 8}}}, "no source has two pictures"),
    ],
)
def test_what_an_embedder_cannot_learn_from_is_refused(tmp_path: Path, changes: dict, said: str) -> None:
    file = experiment_in(tmp_path, **{"sources": {"drawn": {"scene": PLAIN, "count": 8}}, **changes})
    with pytest.raises(UserError, match=said):
        train(read_experiment(file), tmp_path / "run")


def test_held_out_people_seen_once_are_told_nothing_of(tmp_path: Path) -> None:
    once = {"scene": {**PLAIN, "shots_per_person": 1}, "count": 8, "seed": 9}
    file = experiment_in(tmp_path, {"people": {"scene": PLAIN, "count": 8}}, held_out=once)
    weights = train(read_experiment(file), tmp_path / "run")
    assert Embedder.from_pretrained(weights).card["held_out"] == {}


def test_a_tree_with_one_photo_a_person_is_refused(tree: Path, tmp_path: Path) -> None:
    for file in ("ann/2.png", "bob/2.png", "bob/3.png"):
        (tree / file).unlink()
    with pytest.raises(UserError, match="holds one photo a person"):
        train(read_experiment(experiment_in(tmp_path, {"photos": {"photos": str(tree)}})), tmp_path / "run")


def test_frozen_it_answers_the_same_always_and_lets_gradients_through() -> None:
    torch.manual_seed(0)
    network = Embedder(EmbedderConfig(**{**NETWORK, "widths": (8, 8, 8, 8)})).freeze()
    image = torch.rand(3, 3, 40, 40, requires_grad=True)
    found = network.train()(image)
    assert torch.equal(found, network.eval()(image)) and torch.allclose(found.norm(dim=1), torch.ones(3))
    assert torch.allclose(network(image[:1]), found[:1], atol=1e-6)
    found[:, 0].sum().backward()
    assert image.grad is not None and float(image.grad.abs().sum()) > 0


class Means(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image.mean((2, 3))


class Maps(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image[:, :1]


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_anybodys_embedder_comes_as_torchscript(tmp_path: Path) -> None:
    torch.jit.script(Means()).save(tmp_path / "means.pt")
    torch.jit.script(Maps()).save(tmp_path / "maps.pt")
    image = torch.rand(2, 3, 50, 50)
    assert torch.equal(load_embedder(tmp_path / "means.pt")(image), image.mean((2, 3)))
    torch.save(Means(), tmp_path / "pickled.pt")
    (tmp_path / "program.pt2").touch()
    for name, said in (
        ("maps.pt", "no vector"),
        ("pickled.pt", "no TorchScript"),
        ("gone.pt", "there is no embedder"),
        ("program.pt2", "may run code"),
        ("gone.safetensors", "no weights at"),
    ):
        with pytest.raises(UserError, match=said):
            load_embedder(tmp_path / name)
