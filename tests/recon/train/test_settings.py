from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recon.errors import UserError
from recon.train.checkpoint import save_checkpoint
from recon.train.experiment import Stage, experiment_class
from recon.train.settings import keep_settings, settings_hash
from recon.train.state import State

EXPERIMENT = experiment_class("pix2vertex")()


def test_a_run_goes_on_with_its_own_settings_or_not_at_all(tmp_path: Path) -> None:
    keep_settings(EXPERIMENT, {"start": "a"}, tmp_path)
    begun = replace(EXPERIMENT, ema_decay=0.5)
    keep_settings(begun, {"start": "b"}, tmp_path)  # nothing trained yet: nothing to spoil
    save_checkpoint(tmp_path, State({}), [])
    keep_settings(replace(begun, workers=3, log_every=7), {"start": "b"}, tmp_path)
    with pytest.raises(UserError, match=r"ema_decay = 0.5, not 0.6: give it as before, or another --out"):
        keep_settings(replace(begun, ema_decay=0.6), {"start": "b"}, tmp_path)
    with pytest.raises(UserError, match=r"network.widths"):
        keep_settings(replace(begun, network=replace(begun.network, widths=(64, 128))), {"start": "b"}, tmp_path)
    with pytest.raises(UserError, match="the content of start = b, not c"):
        keep_settings(begun, {"start": "c"}, tmp_path)
    (tmp_path / "inputs.yaml").write_bytes(b"\xff")
    with pytest.raises(UserError, match=r"inputs\.yaml is not valid YAML"):
        keep_settings(begun, {"start": "b"}, tmp_path)
    (tmp_path / "experiment.yaml").unlink()
    with pytest.raises(UserError, match=r"holds checkpoints without their experiment\.yaml: name another --out"):
        keep_settings(begun, {"start": "b"}, tmp_path)


def test_the_hash_is_of_what_decides_the_weights(tmp_path: Path) -> None:
    first = keep_settings(EXPERIMENT, {}, tmp_path)
    assert first == settings_hash(EXPERIMENT, {}) == settings_hash(replace(EXPERIMENT, workers=2), {})
    others = [replace(EXPERIMENT, seed=1), replace(EXPERIMENT, stages=(Stage(), Stage()))]
    assert len({first, settings_hash(EXPERIMENT, {"start": "x"}), *(settings_hash(one, {}) for one in others)}) == 4
