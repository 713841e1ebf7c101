"""Training in two processes, as `accelerate launch` starts them, beside one process that sees both batches as one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from recon.synthesis.shards import Rows

STEPS = 3

PROGRAM = """
import os, sys
from pathlib import Path
import torch
from torch import nn
from recon.train.loop import State, descend, fit

out, parts = Path(sys.argv[1]), int(sys.argv[2])
torch.manual_seed(int(os.environ.get("RANK", 0)))  # they begin with the first one's weights nevertheless
net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Conv2d(4, 1, 3))

def batch(index):
    made = [torch.Generator().manual_seed(index * parts + part) for part in range(parts)]
    return {"x": torch.cat([torch.randn(2, 3, 9, 9, generator=one) for one in made])}

def step(state, batch):
    loss = (net(batch["x"]) - batch["x"][:, :1, 2:-2, 2:-2]).square().mean()
    descend(loss, state.optimizers["net"], max_norm=0.5)
    torch.save([one.grad for one in net.parameters()], out / f"{state.step}_{os.environ.get('RANK', 0)}.pt")
    return {"squared": loss}

state = State({"net": net}, {"net": torch.optim.SGD(net.parameters(), lr=0.1)})
fit(step, batch, state, out / "run", steps=int(sys.argv[3]))
"""

LAUNCH = [
    *("-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"),
    *("--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"),
]


@pytest.mark.slow
def test_two_processes_descend_as_one_with_both_batches(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    for name, launch, parts in (("one", [], 2), ("two", LAUNCH, 1)):
        (tmp_path / name).mkdir()
        run([*launch, str(tmp_path / "program.py"), str(tmp_path / name), str(parts), str(STEPS)])
    assert len(list((tmp_path / "two").glob("*.pt"))) == 2 * STEPS
    for number in range(STEPS):
        one, first, second = (torch.load(tmp_path / f"{n}_{r}.pt") for n, r in _files(number))
        torch.testing.assert_close(first, second, rtol=0, atol=0)
        torch.testing.assert_close(first, one, rtol=1e-5, atol=1e-7)


@pytest.mark.slow
def test_a_training_in_two_processes_shares_its_cache(tmp_path: Path) -> None:
    plain = {"dress": {"dressed": 0}, "environment": 0, "skin": 0}
    values = {
        "method": "pix2vertex",
        "network": {"outputs": "joint", "size": 32, "widths": [8, 16], "norm": "group"},
        "sources": {"drawn": {"count": 4, "scene": plain}},
        "held_out": {"count": 2, "seed": 1, "scene": plain},
        "batch_size": 2,
        "stages": [{"steps": 2}],
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(values))
    words = ["train", str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "run"), "--cache", str(tmp_path / "cache")]
    run([*LAUNCH, "-m", "recon.cli", *words])
    assert (tmp_path / "run/weights.safetensors").exists()
    assert sorted(len(Rows(folder)) for folder in (tmp_path / "cache").iterdir()) == [2, 4]


def run(words: list[str]) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _files(step: int) -> list[tuple[str, int]]:
    return [(f"one/{step}", 0), (f"two/{step}", 0), (f"two/{step}", 1)]
