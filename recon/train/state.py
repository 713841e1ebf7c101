"""What a training run changes as it goes, all of which a checkpoint holds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from recon.train.averaging import Ema


@dataclass
class State:
    """Everything that training changes.

    `modules` are the networks in training; frozen ones (a loss's network) stay outside, they need no checkpoint.
    `ema` follows the module of the same name. `schedules` advance by one at every step of `fit`. `step` counts the
    finished steps, and is the data position too, since batches are addressed by step.
    """

    modules: dict[str, nn.Module]
    optimizers: dict[str, Optimizer] = field(default_factory=dict)
    schedules: dict[str, LRScheduler] = field(default_factory=dict)
    ema: dict[str, Ema] = field(default_factory=dict)
    step: int = 0

    def parts(self) -> dict[str, dict[str, Any]]:
        """The stateful objects by kind and name; each has `state_dict` and `load_state_dict`."""
        return {
            "modules": self.modules,
            "optimizers": self.optimizers,
            "schedules": self.schedules,
            "ema": self.ema,
        }

    def to(self, device: torch.device) -> None:
        """Move modules and averages to `device`; the optimisers' parameters move with them."""
        for module in [*self.modules.values(), *(ema.average for ema in self.ema.values())]:
            module.to(device)


@contextmanager
def evaluating(state: State) -> Iterator[None]:
    """Modules in eval mode without gradients; modes and random numbers afterwards as if nothing had happened."""
    modes = {name: module.training for name, module in state.modules.items()}
    randomness = rng_state()
    for module in state.modules.values():
        module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for name, module in state.modules.items():
            module.train(modes[name])
        set_rng_state(randomness)


def rng_state() -> dict[str, Any]:
    """The states of torch's, numpy's and Python's global generators, as tensors and plain values."""
    algorithm, keys, position, has_gauss, cached_gauss = np.random.get_state(legacy=True)
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
        "numpy": (algorithm, torch.from_numpy(np.asarray(keys).astype(np.int64)), position, has_gauss, cached_gauss),
        "python": random.getstate(),
    }


def set_rng_state(states: dict[str, Any]) -> None:
    """Put back what `rng_state` took."""
    torch.set_rng_state(states["torch"].cpu())
    if states["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"].cpu())
    algorithm, keys, *rest = states["numpy"]
    np.random.set_state((algorithm, keys.numpy().astype(np.uint32), *rest))
    random.setstate(states["python"])
