from __future__ import annotations

import hashlib
import io
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from recon.errors import UserError
from recon.train.checkpoint import checkpoints, load_checkpoint, save_checkpoint
from recon.train.loop import fit
from recon.train.state import State, rng_state, set_rng_state

if TYPE_CHECKING:
    from conftest import Regression


def test_random_states_survive_the_file(tmp_path: Path) -> None:
    np.random.normal()  # leaves a cached second normal, part of the state
    path = save_checkpoint(tmp_path, State({}), [rng_state()])
    drawn = torch.rand(2).tolist(), np.random.normal(), np.random.rand(), random.random()
    set_rng_state(load_checkpoint(path, State({}))[0])
    assert drawn == (torch.rand(2).tolist(), np.random.normal(), np.random.rand(), random.random())


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    for step in (1, 2, 30):
        save_checkpoint(tmp_path, State({}, step=step), [])
    assert [p.name for p in checkpoints(tmp_path)] == ["step_00000002.pt", "step_00000030.pt"]


def test_a_bit_turned_over_anywhere_is_seen(tmp_path: Path) -> None:
    """Also in what fills the space between a zip's entries, and in its headers."""
    path = save_checkpoint(tmp_path, State({"net": nn.Linear(4, 4)}, step=1), [])
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(UserError, match="is broken"):
            load_checkpoint(path, State({"net": nn.Linear(4, 4)}))


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text", "other"])
def test_a_broken_checkpoint_is_named_with_its_mend(tmp_path: Path, regression: Regression, damage: str) -> None:
    first = save_checkpoint(tmp_path, State({}, step=1), [])
    path = save_checkpoint(tmp_path, State({"net": nn.Linear(64, 64)}, step=2), [])
    whole = path.read_bytes()
    if damage == "other":
        torch.save([1, 2], path)
    else:
        place = len(whole) // 2  # in the weights
        flipped = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        path.write_bytes({"cut": whole[:place], "flip": flipped, "empty": b"", "text": b"hello" * 9}[damage])
    with pytest.raises(UserError) as error:
        fit(regression.step, regression.batch, regression.state(), tmp_path, steps=3)
    assert str(error.value) == (f"the checkpoint {path} is broken: delete it, and training resumes from {first.name}")


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "run",))

    path = tmp_path / "checkpoints" / "step_00000001.pt"
    save_checkpoint(tmp_path, State({}, step=1), [])
    stored = io.BytesIO()
    torch.save({"step": 1, "rng": [], "modules": Evil()}, stored)
    path.write_bytes(stored.getvalue() + hashlib.sha256(stored.getvalue()).digest())
    with pytest.raises(UserError, match="is broken: delete it, and training starts anew"):
        load_checkpoint(path, State({}))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("modules", "reason"),
    [
        ({"net": nn.Linear(3, 2)}, "size mismatch for weight"),
        ({"other": nn.Linear(2, 2)}, r"modules: \['net'\] instead"),
    ],
)
def test_weights_of_another_size_are_refused(tmp_path: Path, modules: dict[str, nn.Module], reason: str) -> None:
    path = save_checkpoint(tmp_path, State({"net": nn.Linear(2, 2)}), [])
    with pytest.raises(UserError, match=f"does not fit this configuration .*{reason}"):
        load_checkpoint(path, State(modules))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_leaves_the_old_checkpoint_alone(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, State({"net": nn.Linear(2, 2)}, step=1), [])
    (tmp_path / "checkpoints" / f".step_00000002.pt.{os.getpid()}.tmp").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"no space left on the disk while writing .*step_00000002\.pt"):
        save_checkpoint(tmp_path, State({"net": nn.Linear(2, 2)}, step=2), [])
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["step_00000001.pt"]
