"""Muon (Jordan et al. 2024): momentum whose matrices are made orthogonal before the step; Adam for everything else.

On the geometry networks it needs about a quarter of Adam's images for the same error. A convolution's weight is the
matrix (channels out, channels in * height * width).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

SMALLEST_SIDE = 16  # matrices with a shorter side, and all vectors, are Adam's
COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # Jordan's quintic: steep at 0, singular values end in [0.68, 1.14]
ITERATIONS = 5
BETAS = (0.9, 0.99)  # Adam's
RMS = 0.2  # of an orthogonal step's entries at rate 1, which is about Adam's: one learning rate suits both


class Muon(torch.optim.Optimizer):
    """Optimises the parameters of `module`; those under a child named `head` are Adam's, as the method asks.

    Args:
        learning_rate: of both. momentum: Nesterov's, for the matrices. betas, eps: Adam's.
    """

    def __init__(
        self,
        module: nn.Module,
        learning_rate: float,
        momentum: float = 0.95,
        betas: tuple[float, float] = BETAS,
        eps: float = 1e-8,
    ) -> None:
        matrices, others = [], []
        for name, parameter in module.named_parameters():
            hidden = "head" not in name.split(".") and parameter.ndim > 1
            large = hidden and min(parameter.shape[0], parameter[0].numel()) >= SMALLEST_SIDE
            (matrices if large else others).append(parameter)
        groups = [{"params": matrices, "orthogonal": True}, {"params": others, "orthogonal": False}]
        super().__init__(groups, {"lr": learning_rate, "momentum": momentum, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            descend = self._orthogonal if group["orthogonal"] else self._adam
            for parameter in group["params"]:
                if parameter.grad is not None:
                    descend(parameter, parameter.grad, group)
        return loss

    def _orthogonal(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum = state["momentum"].mul_(group["momentum"]).add_(gradient)
        matrix = (gradient + group["momentum"] * momentum).flatten(1)
        step = orthogonalize(matrix) * (RMS * max(matrix.shape) ** 0.5)
        parameter.add_(step.view(parameter.shape), alpha=-group["lr"])

    def _adam(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state, (beta1, beta2) = self.state[parameter], group["betas"]
        if not state:
            state["step"] = torch.zeros(())
            state["mean"], state["square"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        state["step"] += 1
        count = float(state["step"])
        state["mean"].lerp_(gradient, 1 - beta1)
        state["square"].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        spread = (state["square"] / (1 - beta2**count)).sqrt_().add_(group["eps"])
        parameter.addcdiv_(state["mean"], spread, value=-group["lr"] / (1 - beta1**count))


def orthogonalize(matrix: Tensor) -> Tensor:
    """About U V^T of matrix = U S V^T, by Newton-Schulz iterations: (m, n) float -> (m, n), singular values near 1.

    The odd polynomial is iterated on the small Gram matrix, where all factors commute: for 3x3 convolutions that is
    less than half of the products of iterating on the matrix itself.
    """
    if matrix.shape[0] > matrix.shape[1]:
        return orthogonalize(matrix.T).T
    a, b, c = COEFFICIENTS
    matrix = matrix / matrix.norm().clamp_min(1e-12)
    gram = matrix @ matrix.T
    whole = identity = torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    for _ in range(ITERATIONS):
        factor = a * identity + b * gram + c * (gram @ gram)
        whole = factor @ whole
        gram = factor @ gram @ factor
    return whole @ matrix
