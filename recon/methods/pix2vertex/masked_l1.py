"""L1 inside a mask."""

from __future__ import annotations

from torch import Tensor


def masked_l1(predicted: Tensor, true: Tensor, mask: Tensor) -> Tensor:
    """Mean over the masked pixels of sum_c |predicted_c - true_c| / C; 0 where the mask is empty.

    predicted, true (B, C, H, W) float; mask (B, 1, H, W) float 0/1. The mean runs over all masked pixels of the batch,
    so that a small face weighs less than a large one. -> () float, in the maps' unit.

    >>> masked_l1(torch.ones(1, 3, 2, 2), torch.zeros(1, 3, 2, 2), torch.eye(2)[None, None])
    tensor(1.)
    """
    difference = (predicted - true).abs() * mask
    return difference.sum() / (mask.sum() * predicted.shape[1]).clamp_min(1)
