"""The bench's plain step is the same step: what it compares must be alike, and it must notice where it is not."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import bench_gan_step  # noqa: E402

from synth2real.gan.experiment import GanExperiment, read_gan_experiment  # noqa: E402

NETWORK = SCRIPTS.parent / "data" / "weights" / "wild.safetensors"
SMALL = {
    "size": 64,
    "batch": 2,
    "precision": "no",
    "generator": {"widths": [8, 16], "head_width": 8, "gbuffer": True},
    "discriminator": {"width": 8, "strides": 2, "scales": 2, "whole_weight": 0.0, "maps": "source"},
    "fidelity": {"identity": 0.0},
    "parser": {"weight": 1.0},
    "sources": {"renders": {"count": 2}},
}


@pytest.fixture
def experiment_file(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(SMALL))
    return tmp_path / "small.yaml"


def read(file: Path) -> GanExperiment:
    return read_gan_experiment(file, {"photos.folder": ".", "geometry.network": str(NETWORK)})


def test_the_plain_step_has_the_same_losses(experiment_file: Path) -> None:
    bench_gan_step.same_losses(read(experiment_file))


def test_a_step_with_other_losses_is_noticed(experiment_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(bench_gan_step.PlainStep):
        def __init__(self, geometry, config):
            super().__init__(geometry, replace(config, fidelity=replace(config.fidelity, colour=2.0)))

    monkeypatch.setattr(bench_gan_step, "PlainStep", Other)
    with pytest.raises(SystemExit, match="differ in colour"):
        bench_gan_step.same_losses(read(experiment_file))


@pytest.mark.slow
def test_it_times_both(experiment_file: Path, tmp_path: Path) -> None:
    words = [experiment_file, "--network", NETWORK, "--rounds", "1", "--steps", "2", "--out", tmp_path]
    subprocess.run([sys.executable, SCRIPTS / "bench_gan_step.py", *map(str, words)], check=True)
    figures = json.loads((tmp_path / "bench_gan_step.json").read_text())["figures"]
    ratios = {figure["group"]: figure["value"] for figure in figures}
    assert ratios["ours"] == 1 and ratios["plain PyTorch"] > 0
