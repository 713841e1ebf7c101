"""The training loop: one plain function for every network here, GANs included.

    state = State(
        modules={"net": net},
        optimizers={"net": optimizer},
        schedules={"net": schedule},            # optional, advanced once a step
        ema={"net": Ema(net, decay=0.999)},     # optional, `state.ema["net"].average` is the averaged module
    )

    def step(state: State, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        loss = masked_l1(state.modules["net"](batch["rgb"]), batch)
        descend(loss, state.optimizers["net"])  # zero_grad, backward, mean over processes, clip, optimiser step
        return {"coordinates": loss}            # named 0-d losses, for the logs

    fit(step, batches, state, run_dir, steps=20_000, precision="bf16", evaluate=evaluate, evaluate_every=1000)

- `batches(index) -> dict[str, Tensor]` is a pure function of the index (it draws from its own generator made of seed
  and index, never from a global one): so the step number is the data position, workers may compute it ahead, and a
  resumed run sees the same data. Process r of n asks for the indices `step * n + r`. CPU tensors; moved here.
- A GAN's step calls `descend` once for each optimiser. `descend` fills the gradients of that optimiser's parameters
  alone, so the discriminator needs no freezing while the generator learns. Double backward (R1) works: there is no DDP
  wrapper, gradients are averaged in `descend`.
- `evaluate(state) -> dict[str, float | Tensor]`: numbers become scalars, `(3, H, W)` float [0, 1] tensors become
  TensorBoard images and `run_dir/sheets/<name>_<step>.png`. Called every `evaluate_every` steps and at the end, on the
  main process, in eval mode without gradients; the random numbers it draws do not change the training.
- In bf16 the `forward` of each of `state.modules` runs under autocast and returns float32 tensors. bf16 has 8 bits of
  mantissa: a head that regresses millimetres should leave autocast for its last layer.
- Checkpoints in `run_dir/checkpoints` every `checkpoint_every` steps, at the end, and at Ctrl-C or SIGTERM (after the
  step in hand; then KeyboardInterrupt). Calling `fit` again with the same arguments resumes exactly; a finished run
  returns at once, with its state loaded.
- `device()` says where the modules will be, for frozen networks and fixed tensors that a step uses besides.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import broadcast, gather_object, reduce, set_seed
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset

from recon.errors import UserError
from recon.files import only_run_in
from recon.processes import DEAD
from recon.train.averaging import Ema
from recon.train.checkpoint import checkpoints, load_checkpoint, save_checkpoint
from recon.train.log import Log
from recon.train.state import State, evaluating, rng_state, set_rng_state

__all__ = ["Batch", "Ema", "State", "descend", "device", "fit", "main_first", "precision_here", "run_folder"]

Batch = dict[str, Tensor]


def fit(
    step: Callable[[State, Batch], dict[str, Tensor]],
    batches: Callable[[int], Batch],
    state: State,
    run_dir: Path,
    *,
    steps: int,
    seed: int = 0,
    precision: str = "no",
    workers: int = 0,
    log_every: int = 50,
    checkpoint_every: int = 1000,
    evaluate: Callable[[State], dict[str, Any]] | None = None,
    evaluate_every: int = 1000,
) -> State:
    """Train `state` up to `steps` finished steps, resuming from `run_dir` if it holds a checkpoint.

    `precision` is "no" (float32) or "bf16", see `precision_here`; `workers` processes compute batches ahead (0: in this
    process); `seed` sets the global generators at the start of a fresh run. Raises `UserError` for a broken or foreign
    checkpoint and for a loss that is no longer finite, `KeyboardInterrupt` after the checkpoint that Ctrl-C or SIGTERM
    asks for.
    """
    on_cpu = device().type == "cpu"
    accelerator = Accelerator(mixed_precision=precision_here(precision), cpu=on_cpu)
    state.to(accelerator.device)
    _resume_or_start(accelerator, state, run_dir, seed)

    with (
        Log(run_dir, state.step, steps, enabled=accelerator.is_main_process) as log,
        _autocast_forwards(accelerator, state.modules),
        _stop_requests() as stop_requested,
        _living_workers(),
    ):
        if precision_here(precision) != precision:
            log.say(f"this processor only imitates {precision}: training in float32")
        for batch in _batches_ahead(accelerator, batches, state.step, steps, workers):
            losses = step(state, batch)
            for schedule in state.schedules.values():
                schedule.step()
            for name, ema in state.ema.items():
                ema.update(state.modules[name])
            state.step += 1

            log.add(losses, state.step)
            stopping = _agree(accelerator, stop_requested.is_set())
            last = state.step == steps
            saving = stopping or last or state.step % checkpoint_every == 0
            if saving or state.step % log_every == 0:
                log.flush(state.step, _learning_rates(state))
            if evaluate and (last or state.step % evaluate_every == 0):
                _evaluate(accelerator, evaluate, state, log)
            if saving:
                _save(accelerator, run_dir, state)
            if stopping and not last:
                log.say(f"stopped at step {state.step}: the same command resumes from {run_dir}")
                raise KeyboardInterrupt
    return state


def descend(loss: Tensor, optimizer: Optimizer, max_norm: float | None = None) -> None:
    """One optimiser step down `loss` (0-d): its parameters' gradients alone, averaged over the processes.

    `max_norm` clips the gradient's global L2 norm.
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"] if p.requires_grad]
    optimizer.zero_grad(set_to_none=True)
    loss.backward(inputs=parameters)
    if _process().num_processes > 1:
        for parameter in parameters:
            if parameter.grad is None:  # every process must take part for every parameter
                parameter.grad = torch.zeros_like(parameter)
            parameter.grad = reduce(parameter.grad, "mean")  # type: ignore[assignment]
    if max_norm is not None:
        torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    optimizer.step()


def device() -> torch.device:
    """Where `fit` puts the modules and batches of this process."""
    return torch.device(_process().device or "cpu")


def precision_here(wanted: str) -> str:
    """ "no" in place of "bf16" where this process would only imitate it, which takes up to twenty times as long."""
    if wanted != "bf16" or device().type != "cpu":
        return wanted
    computes = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return wanted if computes else "no"


@contextmanager
def run_folder(run_dir: Path) -> Iterator[None]:
    """Hold the run's folder for all processes of this launch alone; a UserError where another run has it."""
    if not _process().is_main_process:
        yield
        return
    with only_run_in(run_dir):
        yield


@contextmanager
def main_first() -> Iterator[None]:
    """The first process of this launch does the block before the others: what it makes there, they find."""
    with _process().main_process_first():
        yield


def _process() -> PartialState:
    # Said explicitly, else a launch of several processes without a GPU leaves each of them alone with itself.
    return PartialState(cpu=not torch.cuda.is_available())


def _resume_or_start(accelerator: Accelerator, state: State, run_dir: Path, seed: int) -> None:
    found = checkpoints(run_dir)
    rank = accelerator.process_index
    set_seed(seed + rank)
    if found:
        rng_states = load_checkpoint(found[-1], state)
        if len(rng_states) == accelerator.num_processes:
            set_rng_state(rng_states[rank])
    elif accelerator.num_processes > 1:
        for module in [*state.modules.values(), *(ema.average for ema in state.ema.values())]:
            for tensor in [*module.parameters(), *module.buffers()]:
                tensor.data.copy_(broadcast(tensor.data))


class _ByIndex(Dataset):
    """`batches` as the map-style dataset that DataLoader's workers know."""

    def __init__(self, batches: Callable[[int], Batch]) -> None:
        self.batches = batches

    def __getitem__(self, index: int) -> Batch | UserError | OSError:
        try:
            return self.batches(index)
        except (UserError, OSError) as error:  # raised here, the loader would make a traceback of its sentence
            return error


def _batches_ahead(
    accelerator: Accelerator, batches: Callable[[int], Batch], start: int, steps: int, workers: int
) -> Iterator[Batch]:
    count, rank = accelerator.num_processes, accelerator.process_index
    loader = DataLoader(
        _ByIndex(batches),
        sampler=range(start * count + rank, steps * count, count),
        batch_size=None,
        num_workers=workers,
        generator=torch.Generator(),  # else the loader draws from the global one, and a resumed run differs
        pin_memory=accelerator.device.type == "cuda",
    )
    for batch in _handed_over(loader):
        if isinstance(batch, Exception):
            raise batch
        yield {name: value.to(accelerator.device, non_blocking=True) for name, value in batch.items()}


def _handed_over(loader: DataLoader) -> Iterator[Batch | Exception]:
    """What a loader's workers made; their own errors come as values, see `_ByIndex`."""
    try:
        yield from loader
    except (ConnectionError, EOFError):  # the worker died between its word of a batch and handing that over
        raise UserError(DEAD) from None


@contextmanager
def _living_workers() -> Iterator[None]:
    """A UserError where a worker of a loader died: torch raises it wherever the program happens to be."""
    try:
        yield
    except RuntimeError as error:
        if "DataLoader worker" not in str(error) or ("killed" not in str(error) and "exited" not in str(error)):
            raise
        raise UserError(DEAD) from None


@contextmanager
def _autocast_forwards(accelerator: Accelerator, modules: dict[str, nn.Module]) -> Iterator[None]:
    for module in modules.values():
        accelerator.prepare_model(module, evaluation_mode=True)  # evaluation_mode: no DDP wrapper, see `descend`
    try:
        yield
    finally:
        for module in modules.values():
            accelerator.unwrap_model(module, keep_fp32_wrapper=False)


@contextmanager
def _stop_requests() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets; the second one acts as usual."""
    requested = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield requested
        return
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def request(number: int, frame: FrameType | None) -> None:
        requested.set()
        signal.signal(number, usual[signal.Signals(number)])

    for number in usual:
        signal.signal(number, request)
    try:
        yield requested
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def _agree(accelerator: Accelerator, flag: bool) -> bool:
    """Whether any process raised its flag, so that all of them stop after the same step."""
    if accelerator.num_processes == 1:
        return flag
    raised = reduce(torch.tensor(float(flag), device=accelerator.device))
    return isinstance(raised, Tensor) and bool(raised > 0)


def _learning_rates(state: State) -> dict[str, float]:
    return {name: optimizer.param_groups[0]["lr"] for name, optimizer in state.optimizers.items()}


def _evaluate(accelerator: Accelerator, evaluate: Callable[[State], dict[str, Any]], state: State, log: Log) -> None:
    if accelerator.is_main_process:
        with evaluating(state):
            log.evaluation(evaluate(state), state.step)
    accelerator.wait_for_everyone()


def _save(accelerator: Accelerator, run_dir: Path, state: State) -> None:
    rng_states = gather_object([rng_state()])
    if accelerator.is_main_process:
        save_checkpoint(run_dir, state, rng_states)
    accelerator.wait_for_everyone()
