"""Runs that are stopped and gone on with, for the tests of every method's training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from recon.train.experiment import read_experiment
from recon.train.run import StagedBatches, train


def stopped_and_resumed(experiment_file: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights of a training that failed at its step 3, and was then begun again."""
    drawn = StagedBatches.__call__

    def broken(self: StagedBatches, step: int) -> dict[str, Tensor]:
        if step == 3:
            raise RuntimeError("pulled the plug")
        return drawn(self, step)

    with monkeypatch.context() as patched, pytest.raises(RuntimeError, match="plug"):
        patched.setattr(StagedBatches, "__call__", broken)
        train(read_experiment(experiment_file), run)
    return train(read_experiment(experiment_file), run)


def same_bits(one: Path, other: Path) -> bool:
    """Whether two files hold the same weights."""
    these, those = load_file(one), load_file(other)
    return these.keys() == those.keys() and all(torch.equal(these[name], those[name]) for name in these)
