"""The 68 landmarks as Gaussians, drawn from their places and read off again."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

LANDMARKS = 68
REACH = 2  # pixels around a heat map's maximum whose centroid is the landmark


def gaussians(places: Tensor, side: int, sigma: float) -> Tensor:
    """(B, 68, side, side) float, each of height 1 (section 3.3); places (B, 68, 2) float px, pixel centres at +0.5."""
    line = torch.arange(side, device=places.device) + 0.5
    across, down = (torch.exp(-(line - places[..., axis, None].float()).square() / (2 * sigma**2)) for axis in (0, 1))
    return down[..., :, None] * across[..., None, :]


def places_in(heat: Tensor) -> Tensor:
    """Heat maps' logits (B, 68, V, V) -> (B, 68, 2) px of the maps: the centroid of the probabilities around the
    maximum, differentiable in them."""
    side = heat.shape[-1]
    flat = heat.float().flatten(2)
    best = flat.detach().argmax(-1)
    row, column = best // side, best % side
    line = torch.arange(side, device=heat.device)
    rows, columns = ((line - at[..., None]).abs() <= REACH for at in (row, column))
    near = rows[..., :, None] & columns[..., None, :]
    share = flat.masked_fill(~near.flatten(2), -torch.inf).softmax(-1).view(heat.shape)
    x, y = (share.sum(axis) @ (line + 0.5).float() for axis in (-2, -1))
    return torch.stack([x, y], -1)


def heat_loss(heat: Tensor, places: Tensor, sigma: float) -> Tensor:
    """Cross-entropy between each map's softmax and the landmark's Gaussian, made to sum to 1; () float, >= 0.

    The text does not name its loss of the heat maps; this one is ours. Landmarks outside of the image don't count.
    heat (B, 68, V, V) logits; places (B, 68, 2) px of the maps.
    """
    side = heat.shape[-1]
    inside = ((places >= 0) & (places < side)).all(-1)
    true = gaussians(places, side, sigma).flatten(2)
    true = true / true.sum(-1, keepdim=True).clamp_min(1e-6)
    entropy = torch.special.entr(true).sum(-1)
    each = -(true * F.log_softmax(heat.float().flatten(2), -1)).sum(-1) - entropy
    return (each * inside).sum() / inside.sum().clamp_min(1)
