"""Equation 7 between two answers that are maps."""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor

from recon.methods.base import FaceGeometry

POSITION_SCALE_MM = 100.0  # about half a face: positions and correspondence weigh alike


def maps_difference(
    before: FaceGeometry, after: FaceGeometry, labels: Mapping[str, Tensor], outline: float = 0.5
) -> Tensor:
    """|Net(x) - Net(G(x))|_1 of maps: `Reconstructor.difference`, which see. () float.

    The norm is the equation's, a sum over channels, unlike the means that networks are trained with.
    Coordinates (position / 100 mm and correspondence) are compared inside the true face mask alone, a mean over its
    pixels: outside, a network's coordinates mean nothing. The masks are compared over the whole image, so that the face
    can't grow.
    """
    mask = labels["mask"]
    weights = mask * labels["emphasis"] if "emphasis" in labels else mask
    position = (after.position_mm - before.position_mm).float().abs().sum(1, keepdim=True) / POSITION_SCALE_MM
    place = (after.correspondence - before.correspondence).float().abs().sum(1, keepdim=True)
    coordinates = (weights * (position + place)).sum() / mask.sum().clamp_min(1)
    return coordinates + outline * F.l1_loss(after.mask.float(), before.mask.float())
