"""PRNet's loss (section 3.2): the weighted squared error of the position map."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from recon.methods.prnet.reading import TOPOLOGY
from recon.synthesis.targets.uv_position import uv_weight


def position_loss(predicted: Tensor, true: Tensor, weight: Tensor) -> Tensor:
    """sum |P - P~|^2 W / sum W, in squared shares of the image's side.

    The paper's is the sum without the division; its code has the square. predicted, true (B, 3, S, S) float px; weight
    (1, S, S) float. -> () float.
    """
    squared = ((predicted - true) / true.shape[-1]).square().sum(1)  # (B, S, S)
    return (squared * weight).sum() / (weight.sum() * len(true))


@lru_cache(maxsize=8)
def weight_mask(size: int, ratios: tuple[float, float, float, float], device: torch.device) -> Tensor:
    """(1, size, size) float, see `recon.synthesis.targets.uv_position.uv_weight`."""
    return torch.from_numpy(uv_weight(TOPOLOGY, size, ratios)).to(device)
