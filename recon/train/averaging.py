"""Averages of weights: the one that follows a training, and the one of a stage's result with its beginning."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


class Ema(Generic[M]):
    """A frozen copy of `module` whose weights follow it: `e <- d e + (1 - d) w`.

    Here `d = min(decay, (1 + t) / (10 + t))` at update t = 0, 1, ...: the warm-up (TensorFlow's) keeps the first
    averages from remembering the initial weights. Buffers (running statistics) are copied. `average` is the module
    to evaluate, always in eval mode. (torch's `AveragedModel` copies the weights at its first update and knows no such
    warm-up: runs would end elsewhere.) `marked`: the average as `mark` found it, for `blend`.
    """

    def __init__(self, module: M, decay: float = 0.999) -> None:
        self.average: M = copy.deepcopy(module).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0
        self.marked: dict[str, torch.Tensor] = {}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Move the average towards `module`'s present weights."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        for average, weight in zip(self.average.parameters(), module.parameters(), strict=True):
            average.lerp_(weight, 1 - decay)
        for average, value in zip(self.average.buffers(), module.buffers(), strict=True):
            average.copy_(value)

    def mark(self) -> None:
        """Remember the average as it is."""
        self.marked = {name: value.clone() for name, value in self.average.state_dict().items()}

    @torch.no_grad()
    def blend(self, share: float) -> None:
        """The average becomes `share` times itself and the rest the marked one; buffers stay."""
        for name, parameter in self.average.named_parameters():
            parameter.copy_(torch.lerp(self.marked[name].to(parameter), parameter, share))

    def state_dict(self) -> dict:
        return {"average": self.average.state_dict(), "updates": self.updates, "marked": self.marked}

    def load_state_dict(self, state: dict) -> None:
        self.average.load_state_dict(state["average"])
        self.updates, self.marked = state["updates"], state["marked"]
