"""Batches of shaded half ellipsoids: the smallest faces."""

from __future__ import annotations

import torch
from torch import Tensor


def bumps(index: int, size: int = 32) -> dict[str, Tensor]:
    """Four shaded half ellipsoids of different sizes."""
    draws = torch.Generator().manual_seed(index)
    radius = torch.rand(4, 1, 1, generator=draws) * 0.4 + 0.5
    line = (torch.arange(size) + 0.5) / size * 2 - 1
    x, y = line.expand(4, size, size), -line[:, None].expand(4, size, size)
    height = (1 - (x**2 + y**2) / radius**2).clamp_min(0).sqrt()
    mask = (height > 0.2).float()[:, None]
    position = torch.stack([x * 100, y * 100, height * 60 - 60], 1) * mask
    return {
        "rgb": height[:, None].expand(-1, 3, -1, -1).clone(),
        "mask": mask,
        "position_mm": position,
        "correspondence": (position / 200 + 0.5) * mask,
        "normals": torch.zeros_like(position),
    }
