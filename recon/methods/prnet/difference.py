"""Equation 7 between two position maps."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from recon.methods.difference import POSITION_SCALE_MM
from recon.methods.prnet.config import PRNetLossConfig
from recon.methods.prnet.geometry import mm_per_px
from recon.methods.prnet.losses import weight_mask
from recon.methods.prnet.reading import reading_of


def map_difference(before: Tensor, after: Tensor, emphasis: Tensor | None = None) -> Tensor:
    """|Net(x) - Net(G(x))|_1 of position maps (B, 3, S, S) px: `Reconstructor.difference`, which see. () float.

    The norm is a sum over x, y, z, in units of 100 mm at the scale that `before` says; its mean over the map is
    weighted by PRNet's mask, hidden places included. emphasis (B, 1, H, W) float: each place counts as much as the
    pixel does in which `before` sees it, besides; beyond the image as much as its border.
    """
    size = before.shape[-1]
    weight = weight_mask(size, PRNetLossConfig().ratios, before.device)
    unit_px = POSITION_SCALE_MM / mm_per_px(reading_of(size)(before.detach()))  # (B,)
    apart = (after - before).float().abs().sum(1, keepdim=True) / unit_px[:, None, None, None]
    if emphasis is not None:
        places = before.detach()[:, :2].permute(0, 2, 3, 1) * (2 / size) - 1
        apart = apart * F.grid_sample(emphasis.to(apart), places, padding_mode="border", align_corners=False)
    return (apart * weight).sum() / (weight.sum() * len(apart))
