"""DECA's camera: s Pi(M) + t, parallel rays (Feng et al. 2021, section 3)."""

from __future__ import annotations

import torch
from torch import Tensor

UNIT_MM = 100.0  # a camera's scale of 1 sees so much as half of the image's side
TO_IMAGE = (1.0, -1.0, 1.0)  # rows of an image run downward


def orthographic(vertices_mm: Tensor, camera: Tensor) -> Tensor:
    """s Pi(M) + t in halves of the image's side.

    Args:
        vertices_mm: (B, n, 3) float mm, x right, y up, z toward the viewer.
        camera: (B, 3) float: s; t, rightward and downward.

    Returns:
        (B, n, 3): x rightward and y downward, -1 and 1 the image's borders; z toward the viewer in the same unit.
    """
    scale = camera[:, :1, None] / UNIT_MM
    shift = torch.cat([camera[:, 1:], torch.zeros_like(camera[:, :1])], 1)
    return vertices_mm * vertices_mm.new_tensor(TO_IMAGE) * scale + shift[:, None]


def in_pixels(places: Tensor, side: int) -> Tensor:
    """Places (..., 2 or 3) as `orthographic` gives them -> px of an image of `side`, pixel centres at +0.5; z is
    scaled alone."""
    shift = places.new_tensor([1.0, 1.0, 0.0])[: places.shape[-1]]
    return (places + shift) * (side / 2)
