"""Equation 7 between two volumes."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def volume_difference(before: Tensor, after: Tensor, emphasis: Tensor | None = None) -> Tensor:
    """|Net(x) - Net(G(x))|_1 of volumes (B, D, V, V) of logits: `Reconstructor.difference`, which see. () float.

    The probabilities' distance, summed over an image's voxels, over the sum of those of `before`: the share of the
    head that was lost or came on. For a head off by half its size that is about 1.

    emphasis (B, 1, H, W) float: how much the voxels behind each pixel count.
    """
    first, second = before.detach().float().sigmoid(), after.float().sigmoid()
    apart = (second - first).abs().sum(1, keepdim=True)  # (B, 1, V, V)
    if emphasis is not None:
        apart = apart * F.interpolate(emphasis.to(apart), apart.shape[-2:], mode="area")
    return (apart.sum((1, 2, 3)) / first.sum((1, 2, 3)).clamp_min(1)).mean()
