from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor, nn
from torch.utils.data import DataLoader

from recon.errors import UserError
from recon.train.checkpoint import checkpoints
from recon.train.loop import State, descend, fit, precision_here

if TYPE_CHECKING:
    from conftest import Regression

STEPS = 20

# The same run as a program of its own, which can be killed at a step. Losses are written with every bit.
PROGRAM = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from conftest import Regression
from recon.train.loop import fit

run_dir, die_at, how = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
regression = Regression()

def step(state, batch):
    losses = regression.step(state, batch)
    with open(run_dir / "losses.txt", "a") as file:
        file.write(f"{{state.step}} {{losses['squared'].item().hex()}}\\n")
    if state.step == die_at:
        os.kill(os.getpid(), getattr(signal, how))
    return losses

fit(step, regression.batch, regression.state(), run_dir, steps={steps}, checkpoint_every=4, log_every=2)
"""


def run_program(run_dir: Path, die_at: int = -1, how: str = "SIGKILL") -> subprocess.CompletedProcess[str]:
    run_dir.mkdir(exist_ok=True)
    program = PROGRAM.format(folder=str(Path(__file__).parent), steps=STEPS)
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", program, str(run_dir), str(die_at), how]
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


def losses_by_step(run_dir: Path) -> list[tuple[int, str]]:
    lines = (run_dir / "losses.txt").read_text().splitlines()
    return [(int(step), loss) for step, loss in (line.split() for line in lines)]


def final_weights(run_dir: Path) -> dict:
    return torch.load(checkpoints(run_dir)[-1], weights_only=True)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_dir = tmp_path_factory.mktemp("unbroken")
    result = run_program(run_dir)
    assert result.returncode == 0, result.stderr
    return run_dir


@pytest.mark.parametrize(("how", "resumes_at"), [("SIGKILL", 8), ("SIGTERM", 11)])
def test_a_killed_run_resumes_bit_for_bit(unbroken: Path, tmp_path: Path, how: str, resumes_at: int) -> None:
    killed = run_program(tmp_path, die_at=10, how=how)
    assert killed.returncode != 0
    seen = losses_by_step(tmp_path)
    assert [step for step, _ in seen] == list(range(11))

    resumed = run_program(tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    expected = losses_by_step(unbroken)
    assert [step for step, _ in expected] == list(range(STEPS))
    assert losses_by_step(tmp_path) == seen + expected[resumes_at:]
    assert seen == expected[:11]

    one, other = final_weights(unbroken), final_weights(tmp_path)
    for kind in ("modules", "ema"):
        torch.testing.assert_close(one[kind], other[kind], rtol=0, atol=0)
    assert one["schedules"] == other["schedules"]

    # What the killed run had logged after its last checkpoint is not doubled.
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    logged = [event.step for event in events.Scalars("loss/squared")]
    assert logged == sorted(set(logged) | set(range(2, STEPS + 1, 2)))


def test_workers_and_evaluation_change_nothing(tmp_path: Path, regression: Regression) -> None:
    """Batches computed ahead, and an evaluation that draws random numbers, leave the training as it was."""

    def evaluate(state: State) -> dict[str, float | Tensor]:
        assert not state.modules["net"].training
        assert not torch.is_grad_enabled()
        return {"number": torch.rand(()).item(), "sheet": torch.rand(3, 4, 5)}

    plain = fit(regression.step, regression.batch, regression.state(), tmp_path / "a", steps=6)
    other = fit(
        *(regression.step, regression.batch, regression.state(), tmp_path / "b"),
        **{"steps": 6, "workers": 1, "evaluate": evaluate, "evaluate_every": 2},
    )
    torch.testing.assert_close(plain.modules["net"].state_dict(), other.modules["net"].state_dict(), rtol=0, atol=0)
    assert other.modules["net"].training
    assert len(list((tmp_path / "b" / "sheets").iterdir())) == 3


def test_a_finished_run_returns_its_weights(tmp_path: Path, regression: Regression) -> None:
    done = fit(regression.step, regression.batch, regression.state(), tmp_path, steps=3)

    def never(state: State, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        raise AssertionError("a finished run must not step")

    again = fit(never, regression.batch, regression.state(), tmp_path, steps=3)
    torch.testing.assert_close(again.modules["net"].state_dict(), done.modules["net"].state_dict(), rtol=0, atol=0)


def test_bf16_runs_the_forward_in_bf16_and_returns_float32(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    seen = []

    class Net(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            y = super().forward(x)
            seen.append(y.dtype)
            return y

    net = Net(2, 1)
    state = State({"net": net}, {"net": torch.optim.SGD(net.parameters(), lr=0.1)})

    def step(state: State, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        y = state.modules["net"](batch["x"])
        assert y.dtype == torch.float32
        loss = y.square().mean()
        descend(loss, state.optimizers["net"])
        return {"loss": loss}

    fit(step, lambda index: {"x": torch.ones(4, 2)}, state, tmp_path, steps=1, precision="bf16")
    assert seen == [torch.bfloat16]
    assert net(torch.ones(4, 2)).dtype == torch.float32
    assert seen[-1] == torch.float32  # outside of fit the module is as it was


def test_a_loss_that_is_not_finite_stops_before_it_is_saved(tmp_path: Path, regression: Regression) -> None:
    def step(state: State, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        return {"broken": torch.tensor(float("nan") if state.step == 3 else 1.0)}

    with pytest.raises(UserError, match="the loss 'broken' is not finite near step 4"):
        fit(step, regression.batch, regression.state(), tmp_path, steps=9, checkpoint_every=2)
    assert [p.name for p in checkpoints(tmp_path)] == ["step_00000002.pt"]


def test_descend_fills_the_gradients_of_its_own_parameters_alone() -> None:
    generator, discriminator = nn.Linear(2, 2), nn.Linear(2, 1)
    optimizer = torch.optim.SGD(generator.parameters(), lr=0.5)
    before = generator.bias.detach().clone()
    x = torch.randn(5, 2)
    descend(discriminator(generator(x)).mean(), optimizer)
    assert discriminator.weight.grad is None
    # d mean(w . (A x + b) + c) / d b = w
    torch.testing.assert_close(generator.bias.detach(), before - 0.5 * discriminator.weight.detach()[0])


def test_descend_clips_the_global_norm() -> None:
    weight = nn.Parameter(torch.zeros(2))
    descend((weight * torch.tensor([3.0, 4.0])).sum(), torch.optim.SGD([weight], lr=1.0), max_norm=1.0)
    torch.testing.assert_close(weight.detach(), -torch.tensor([0.6, 0.8]))


def test_ctrl_c_in_this_process_saves_and_gives_the_signal_back(tmp_path: Path, regression: Regression) -> None:
    usual = signal.getsignal(signal.SIGINT)

    def step(state: State, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        if state.step == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return regression.step(state, batch)

    with pytest.raises(KeyboardInterrupt):
        fit(step, regression.batch, regression.state(), tmp_path, steps=9)
    assert signal.getsignal(signal.SIGINT) is usual
    assert [p.name for p in checkpoints(tmp_path)] == ["step_00000002.pt"]


TWO_PROCESSES = """
import sys
from pathlib import Path
import torch
from recon.train.loop import State, descend, fit

rank = __import__("os").environ["RANK"]
torch.manual_seed(int(rank))  # different weights, until fit shares the first process's
net = torch.nn.Linear(3, 1)
state = State({"net": net}, {"net": torch.optim.SGD(net.parameters(), lr=0.1)})

def batches(index):
    return {"x": torch.eye(3)[[index % 3]]}

def step(state, batch):
    loss = state.modules["net"](batch["x"]).sum()
    descend(loss, state.optimizers["net"])
    return {"loss": loss}

fit(step, batches, state, Path(sys.argv[1]), steps=3)
torch.save(net.weight.detach(), Path(sys.argv[1]) / f"weights_{rank}")
"""


@pytest.mark.slow
def test_two_processes_average_their_gradients(tmp_path: Path) -> None:
    """Three steps of two processes see each unit vector twice, so each weight falls by 0.1 * (1/2 + 1/2)."""
    script = tmp_path / "program.py"
    script.write_text(TWO_PROCESSES)
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script), str(tmp_path)]
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "PYTHONPATH": root}
    result = subprocess.run([sys.executable, *launch], capture_output=True, text=True, env=environment, timeout=200)
    assert result.returncode == 0, result.stderr
    first, second = (torch.load(tmp_path / f"weights_{rank}", weights_only=True) for rank in (0, 1))
    assert torch.equal(first, second)
    saved = torch.load(checkpoints(tmp_path)[-1], weights_only=True)
    torch.manual_seed(0)
    expected = nn.Linear(3, 1).weight.detach() - 0.1
    torch.testing.assert_close(saved["modules"]["net"]["weight"], expected)
    assert len(saved["rng"]) == 2


@pytest.mark.parametrize("place", ["in a batch", "in a step", "in an evaluation"])
def test_a_dead_worker_is_one_sentence_wherever_torch_tells_of_it(
    tmp_path: Path, regression: Regression, place: str
) -> None:
    def tell(here: str, message: str = "DataLoader worker (pid 7) is killed by signal: Killed.") -> None:
        if place == here:
            raise RuntimeError(message)

    def batches(index: int) -> dict[str, Tensor]:
        tell("in a batch")
        return regression.batch(index)

    def step(state: State, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        tell("in a step")
        return regression.step(state, batch)

    def evaluate(state: State) -> dict[str, float]:
        tell("in an evaluation")
        return {}

    with pytest.raises(UserError, match="a worker process died"):
        fit(step, batches, regression.state(), tmp_path, steps=2, evaluate=evaluate, evaluate_every=1)


@pytest.mark.parametrize("error", [ConnectionResetError(errno.ECONNRESET, "reset by peer"), EOFError()])
def test_a_worker_that_died_before_it_handed_its_batch_over(
    tmp_path: Path, regression: Regression, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def lost(loader: object) -> Iterator[object]:
        yield regression.batch(0)
        raise error

    monkeypatch.setattr(DataLoader, "__iter__", lost)
    with pytest.raises(UserError, match="a worker process died"):
        fit(regression.step, regression.batch, regression.state(), tmp_path, steps=2)


def test_a_lost_connection_of_a_batch_is_no_dead_worker(tmp_path: Path, regression: Regression) -> None:
    def batches(index: int) -> dict[str, Tensor]:
        raise ConnectionResetError(errno.ECONNRESET, "reset by peer")

    with pytest.raises(ConnectionResetError):
        fit(regression.step, batches, regression.state(), tmp_path, steps=2)


def test_other_errors_of_a_step_stay_what_they_are(tmp_path: Path, regression: Regression) -> None:
    def step(state: State, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        fit(step, regression.batch, regression.state(), tmp_path, steps=2)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("error", [UserError("the shard a is broken: delete it"), OSError(errno.ENOSPC, "full", "a")])
def test_what_goes_wrong_in_a_batch_is_told_as_it_was(
    tmp_path: Path, regression: Regression, workers: int, error: Exception
) -> None:
    def batches(index: int) -> dict[str, Tensor]:
        if index == 3:
            raise error
        return regression.batch(index)

    with pytest.raises(type(error)) as raised:
        fit(regression.step, batches, regression.state(), tmp_path, steps=5, workers=workers)
    assert raised.value.args == error.args


def test_bf16_is_left_to_processors_that_have_it(
    tmp_path: Path, regression: Regression, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for there, wanted, here in ((True, "bf16", "bf16"), (False, "bf16", "no"), (False, "no", "no")):
        monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda there=there: there)
        assert precision_here(wanted) == here
    fit(regression.step, regression.batch, regression.state(), tmp_path, steps=1, precision="bf16")
    assert "training in float32" in capsys.readouterr().err
