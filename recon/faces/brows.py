"""Where the brows lie on a face, told from the ridge over them."""

from __future__ import annotations

import torch
from torch import Tensor

BROW_DROP_MM = 4.5  # the middle of a drawn brow is as much lower than the ridge


def brow_place(place: Tensor, ridge: Tensor) -> tuple[Tensor, Tensor]:
    """Signed height in mm over the brow line, and the place along it; ridge (10, 3), from right to left."""
    x, y, z = place.unbind(1)
    ridge = ridge - place.new_tensor([0.0, BROW_DROP_MM, 0.0])
    right, left = ridge[:5], ridge[5:].flip(0)
    line = (right + left * place.new_tensor([-1.0, 1.0, 1.0])) / 2  # both sides in one, from the outer to the inner end
    ends = line[:, 0].abs()
    along = ((ends[0] - x.abs()) / (ends[0] - ends[4])).clamp(-0.5, 1.5)
    knots = ((ends[0] - ends) / (ends[0] - ends[4])).contiguous()
    k = torch.searchsorted(knots, along.clamp(0, 1).contiguous(), right=True).clamp(1, 4)
    t = (along.clamp(0, 1) - knots[k - 1]) / (knots[k] - knots[k - 1])
    height = torch.lerp(line[k - 1, 1], line[k, 1], t)
    return torch.where(z > 0, y - height, torch.full_like(y, 60.0)), along


def along_brow(
    height: Tensor, along: Tensor, height_mm: float, tilt_mm: float, outer: float, inner: float
) -> tuple[Tensor, Tensor]:
    """`brow_place` of a drawn brow instead of the template's: shifted up by height_mm, its inner end by half of tilt_mm
    more and its outer end by half of it less; its ends are at the places outer and inner of the template's line."""
    along = (along - outer) / (inner - outer)
    return height - height_mm - tilt_mm * (along - 0.5), along
