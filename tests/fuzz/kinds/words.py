"""Settings, results and other files of words."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

from recon.configuration import read_config, read_yaml
from recon.evaluate.results import Figure, Result, read_result
from recon.reconstruction.batch import doubts_in
from recon.synthesis.config import SceneConfig
from recon.train.experiment import read_experiment
from synth2real.feedback.stages import stage
from tests.fuzz.reader import ROOT, Reader, either
from tests.fuzz.seeds import Seed, alone, made, texts, unfit

OTHER_SETTINGS = (
    *("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n", "", "[]", "yaw_mean_deg: x", "yaw_mean_deg: [1]", "seed: 1\nseed: 2"),
    *("scene: nowhere.yaml", "scene: /", "scene: configs/none.yaml", "scene: configs/scenes/mixed.yaml"),
)


def _experiments() -> list[Seed]:
    return [
        alone(file.name, file.read_bytes())
        for place in ("recon", "scenes")
        for file in sorted((ROOT / "configs" / place).glob("*.yaml"))[:6]
    ] + unfit(texts("a.yaml", *OTHER_SETTINGS))


def _settings(file: Path) -> None:
    read_yaml(file)
    either(file, read_experiment, partial(read_config, SceneConfig))


def _results() -> list[Seed]:
    result = Result("Faults", "fuzz", {"a": 1}, (Figure("a", "A", "mm", 1.0, 3, 0.5, 1.5),), ("a note",))

    def write(folder: Path) -> Path:
        result.write(folder, "a", ["python"])
        file = folder / "a.json"
        file.write_text(re.sub(r'"(commit|date)": "[^"]*"', r'"\1": "2026-01-01"', file.read_text()))
        return file

    return made(write)


def _result(file: Path) -> None:
    read_result(file)[0].markdown()


def _stage(file: Path) -> None:
    stage(file.parent, {"a": 1, "b": {"c": [1, 2]}}, lambda: None)


def _stages() -> list[Seed]:
    def write(folder: Path) -> Path:
        stage(folder, {"a": 1, "b": {"c": [1, 2]}}, lambda: None)
        return folder / "stage.yaml"

    return made(write)


def _done() -> list[Seed]:
    said = {"faces": [{"doubts": ["a", "b"]}, {"doubts": []}], "photo": "a.png"}
    return [alone("photo.json", json.dumps(said))]


READERS = (
    Reader("settings", _settings, _experiments),
    Reader("results", _result, _results),
    Reader("reconstructions", lambda file: doubts_in(file.parent), _done),
    Reader("stages", _stage, _stages),
)
