from __future__ import annotations

from pathlib import Path

import pytest
import torch

from recon.errors import UserError
from recon.methods.pix2vertex.losses import Pix2VertexLossConfig
from recon.methods.pix2vertex.network import Pix2VertexConfig
from recon.methods.registry import method
from recon.train.experiment import Stage, experiment_class, rate, read_experiment

FILE = """
method: pix2vertex
network: {size: 64, widths: [16, 32]}
sources:
  painted: {weight: 7, scene: configs/scenes/painted.yaml, count: 100}
  mine: {weight: 4, dataset: runs/faces}
stages:
  - {steps: 100, learning_rate: 0.002, warmup: 10}
  - {steps: 50, learning_rate: 0.001, blend: 0.6, changes: {textures.share: 0.35, sources.painted.weight: 5}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "experiment.yaml"
    path.write_text(FILE)
    return path


def test_a_file_names_everything(file: Path) -> None:
    experiment = read_experiment(file, {"sources.painted.scene.smile": "0.9", "stages.0.steps": "20", "seed": "3"})
    assert (
        experiment.network == Pix2VertexConfig(size=64, widths=(16, 32)) and experiment.losses == Pix2VertexLossConfig()
    )
    scene = experiment.sources["painted"].scene
    assert scene is not None and scene.dress.dressed == 0 and scene.smile == 0.9  # the scene file's content, overridden
    assert experiment.sources["mine"].dataset == "runs/faces" and experiment.seed == 3
    assert experiment.starts() == [0, 20, 70] and experiment.steps == 70
    assert [experiment.stage_at(step) for step in (0, 19, 20, 69, 70)] == [0, 0, 1, 1, 1]


def test_stages_change_what_they_say_from_there_on(file: Path) -> None:
    experiment = read_experiment(file)
    first, second = experiment.within(0), experiment.within(1)
    assert first == experiment
    assert second.textures.share == 0.35 and second.sources["painted"].weight == 5
    assert second.sources["mine"] == experiment.sources["mine"]


def test_the_rate_rises_then_falls_to_zero_in_every_stage() -> None:
    for decay in ("cosine", "linear"):
        stages = (Stage(steps=100, learning_rate=2.0, warmup=10, decay=decay), Stage(40, 1.0, 0, "constant"))
        rates = [rate(step, stages) for step in range(140)]
        assert rates[0] == pytest.approx(0.2) and max(rates) == rates[10] == 2
        assert rates[55] == pytest.approx(1.0) and rates[99] < 0.05
        assert rates[10:100] == sorted(rates[10:100], reverse=True) and set(rates[100:]) == {1.0}
    assert rate(500, stages) == 1.0  # a schedule asks once beyond the end


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("method: pix2vertex", "method: pix2vertx", "there is no method 'pix2vertx'; did you mean 'pix2vertex'?"),
        ("weight: 7, scene", "wieght: 7, scene", "unknown key 'sources.painted.wieght' in .*; did you mean 'weight'?"),
        ("widths: [16, 32]", "width: 3", "unknown key 'network.width' in .*; did you mean 'widths'?"),
        ("warmup: 10", "warmpu: 10", "unknown key 'stages.0.warmpu' in .*; did you mean 'warmup'?"),
        ("painted.yaml", "none.yaml", "there is no configuration file configs/scenes/none.yaml"),
        ("textures.share: 0.35", "seed: 3", "'seed' can't change from stage to stage"),
        ("textures.share: 0.35", "textures.shrae: 3", "'textures.shrae' can't change from stage to stage"),
        ("sources.painted.weight: 5", "sources.panted.weight: 5", "panted"),
        ("steps: 100", "steps: 0", "'stages.0.steps' must be from 1 to"),
        ("weight: 4", "weight: -4", "'sources.mine.weight' must be from 0 to"),
    ],
)
def test_what_is_wrong_is_one_sentence(file: Path, old: str, new: str, sentence: str) -> None:
    file.write_text(FILE.replace(old, new))
    with pytest.raises(UserError, match=sentence):
        read_experiment(file)


@pytest.mark.parametrize("path", sorted(Path("configs/recon").rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_experiment_file_is_a_valid_one(path: Path) -> None:
    experiment = read_experiment(path)
    assert type(experiment) is experiment_class(experiment.method)
    with torch.device("meta"):
        network = method(experiment.method).network(experiment.network)
    assert network.size % getattr(experiment.network, "stride", 1) == 0  # DECA's network takes any size
