from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from recon.cli import main
from recon.methods.base import Reconstructor
from recon.methods.pretrained import digest, lineage_of
from recon.people.wardrobe import DressConfig
from recon.synthesis.produce import produce
from recon.synthesis.render_job import RenderJob
from recon.synthesis.scene import SceneConfig
from recon.train.experiment import read_experiment
from recon.train.run import train
from recon.train.settings import settings_hash
from tests.recon.train.resuming import same_bits

pytestmark = pytest.mark.usefixtures("one_thread")
PLAIN = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0)
TINY = {
    "method": "pix2vertex",
    "network": {"outputs": "joint", "size": 32, "widths": [8, 16], "norm": "group", "dropout": 0.1},
    "sources": {
        "drawn": {"weight": 3, "count": 6, "scene": {"dress": {"dressed": 0}, "environment": 0, "skin": 0}},
        "stored": {"weight": 1},
    },
    "held_out": {"last": 2},
    "placement": {"rotation_deg": 20, "zoom": 0.1},
    "batch_size": 2,
    "optimizer": "muon",
    "precision": "no",
    "checkpoint_every": 3,
    "evaluate_every": 100,
    "stages": [
        {"steps": 5, "learning_rate": 0.002, "warmup": 2},
        {
            "steps": 4,
            "learning_rate": 0.001,
            "warmup": 0,
            "blend": 0.5,
            "changes": {"sources.stored.weight": 5, "augment.occluders": 0, "losses.normals": 2.0},
        },
    ],
}


@pytest.fixture(scope="module")
def experiment_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("experiment")
    produce(RenderJob(4, 32, PLAIN), 5, folder / "renders", 1)
    values = {**TINY, "sources": {**TINY["sources"], "stored": {"weight": 1, "dataset": str(folder / "renders")}}}
    values["held_out"] = {"dataset": str(folder / "renders"), "last": 2}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(values))
    return folder / "tiny.yaml"


def test_killed_and_resumed_gives_the_same_bits(experiment_file: Path, tmp_path: Path) -> None:
    """Two weighted sources, one drawn and one stored, a change of stage and averaging; killed without warning."""
    whole = train(read_experiment(experiment_file), tmp_path / "whole")
    words = ["-m", "recon.cli", "train", str(experiment_file), "--out", str(tmp_path / "killed")]
    process = subprocess.Popen([sys.executable, *words], env={**os.environ, "OMP_NUM_THREADS": "1"})
    checkpoints = tmp_path / "killed" / "checkpoints"
    deadline = time.monotonic() + 120
    while not list(checkpoints.glob("step_*.pt")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(checkpoints.glob("step_*.pt"))
    resumed = train(read_experiment(experiment_file), tmp_path / "killed")
    assert same_bits(whole, resumed)
    one = load_file(whole)
    again = train(read_experiment(experiment_file), tmp_path / "whole")  # finished: nothing is left to do
    assert all(torch.equal(one[name], value) for name, value in load_file(again).items())


def test_a_folder_is_for_one_training_at_a_time(
    experiment_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run with workers is killed as hard as can be: the folder is free at once."""
    words = ["train", str(experiment_file), "--out", str(tmp_path / "run")]
    long = ["--stages", "[{steps: 9000}]", "--checkpoint_every", "1", "--workers", "1"]
    process = subprocess.Popen([sys.executable, "-m", "recon.cli", *words, *long], stderr=subprocess.DEVNULL)
    checkpoints = tmp_path / "run" / "checkpoints"
    deadline = time.monotonic() + 120
    while not list(checkpoints.glob("step_*.pt")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert main([*words, *long]) == 2
    said = capsys.readouterr().err
    assert said.startswith("recon: another run is at work in --out ") and said.count("\n") == 1
    process.kill()
    process.wait()
    assert main([*words, "--stages", "[{steps: 1}]"]) == 2
    assert "was begun with" in capsys.readouterr().err


def test_the_weights_tell_their_experiment(experiment_file: Path, tmp_path: Path) -> None:
    experiment = read_experiment(experiment_file, {"stages": "[{steps: 1}]"})
    network = Reconstructor.from_pretrained(train(experiment, tmp_path))
    assert network.config == experiment.network and network.frozen
    kept = read_experiment(tmp_path / "experiment.yaml")
    assert kept == experiment
    inputs = yaml.safe_load((tmp_path / "inputs.yaml").read_text())
    assert network.card["settings"] == settings_hash(experiment, inputs) and network.card["images"] == 2
    assert network.card["experiment"]["sources"]["drawn"]["scene"]["environment"] == 0
    assert [path.name for path in (tmp_path / "sheets").iterdir()] == ["sheet_00000001.png"]


def test_a_blended_stage_ends_between_its_ends(experiment_file: Path, tmp_path: Path) -> None:
    one = [f"[{{steps: 2}}, {{steps: 2, blend: {share}}}]" for share in (0.0, 1.0, 0.25)]
    ends = [
        load_file(train(read_experiment(experiment_file, {"stages": stages}), tmp_path / str(i)))
        for i, stages in enumerate(one)
    ]
    for name, before in ends[0].items():
        after, between = ends[1][name].float(), ends[2][name].float()
        torch.testing.assert_close(between, torch.lerp(before.float(), after, 0.25), atol=2e-3, rtol=2e-3)
    assert any(not torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_what_is_trained_to_sharpen_classes_leaves_the_network_to_the_bit(
    experiment_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shape = {"norm": "group", "unshuffle": 2, "coarser": 2, "parser": True}
    blunt = {"stages": "[{steps: 2}]"} | {f"network.{key}": str(value).lower() for key, value in shape.items()}
    before = train(read_experiment(experiment_file, blunt), tmp_path / "blunt")
    off = {f"losses.{name}": "0" for name in ("position", "correspondence", "normals", "mask", "classes", "amodal")}
    sharp = {**blunt, **off, "network.sharper": "16", "start": str(before)}
    after = train(read_experiment(experiment_file, sharp), tmp_path / "sharp")
    assert lineage_of(before) == [digest(before)] and lineage_of(after) == [digest(after), digest(before)]
    one, other = load_file(before), load_file(after)
    assert all(torch.equal(value, other[name]) for name, value in one.items())
    assert any(value.abs().max() > 0 for name, value in other.items() if name.startswith("sharper.head"))
    words = [f"--{key}={value}" for key, value in {**sharp, "losses.sharper": "0"}.items()]
    assert main(["train", str(experiment_file), *words, "--out", str(tmp_path / "nothing")]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("recon: every loss has the weight 0: give one")


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("sources.drawn.scene.smile", "0.9", "sources.drawn.scene.smile = 0.4, not 0.9"),
        ("sources.stored.weight", "2", "sources.stored.weight = 1.0, not 2.0"),
        ("sources.stored.first", "1", "sources.stored.first = 0, not 1"),
        ("placement.rotation_deg", "21", "placement.rotation_deg = 20.0, not 21.0"),
        ("losses.mask", "1", "losses.mask = 10.0, not 1.0"),
    ],
)
def test_a_changed_key_is_refused_in_mid_run(
    experiment_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str, value: str, named: str
) -> None:
    run = tmp_path / "run"
    short = ["--stages", "[{steps: 1}]"]
    assert main(["train", str(experiment_file), "--out", str(run), *short]) == 0
    capsys.readouterr()
    assert main(["train", str(experiment_file), "--out", str(run), *short, f"--{key}", value]) == 2
    assert capsys.readouterr().err == (
        f"recon: the run in {run} was begun with {named}: give it as before, or another --out\n"
    )


def test_another_content_of_the_same_dataset_is_refused(experiment_file: Path, tmp_path: Path, capsys) -> None:
    renders = tmp_path / "renders"
    produce(RenderJob(4, 32, PLAIN), 3, renders, 1)
    words = ["train", str(experiment_file), "--out", str(tmp_path / "run"), "--stages", "[{steps: 1}]"]
    words += ["--sources.stored.dataset", str(renders)]
    assert main(words) == 0
    produce(RenderJob(4, 32, PLAIN), 5, renders, 1)
    capsys.readouterr()
    assert main(words) == 2
    assert "was begun with the content of sources.stored = " in capsys.readouterr().err


def test_workers_change_nothing(experiment_file: Path, tmp_path: Path) -> None:
    runs = [
        load_file(
            train(read_experiment(experiment_file, {"workers": str(n), "stages": "[{steps: 3}]"}), tmp_path / str(n))
        )
        for n in (0, 2)
    ]
    assert all(torch.equal(value, runs[1][name]) for name, value in runs[0].items())


def test_a_cache_changes_nothing(experiment_file: Path, tmp_path: Path) -> None:
    experiment = read_experiment(experiment_file, {"stages": "[{steps: 2}]"})
    plain, cached = (train(experiment, tmp_path / str(kept), kept) for kept in (None, tmp_path / "cache"))
    assert all(torch.equal(value, load_file(cached)[name]) for name, value in load_file(plain).items())
