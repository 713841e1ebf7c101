"""Smooth solid noise, looked up anywhere on a face: skin, hair and background texture without images."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

SIDE = 48


@lru_cache(maxsize=4)
def volume(device: str = "cpu") -> Tensor:
    """(1, 2, SIDE, SIDE, SIDE) unit normal values, periodic; the same on every machine."""
    generator = torch.Generator().manual_seed(20261120)
    values = torch.randn(2, SIDE, SIDE, SIDE, generator=generator)
    values = functional.pad(values[None], (1, 1, 1, 1, 1, 1), mode="circular")
    values = functional.avg_pool3d(values, 2, 1)[..., :-1, :-1, :-1]
    return (values / values.std()).to(device)


def solid_noise(places: Tensor, cell: float | tuple[float, float, float], offset: tuple[float, float, float]) -> Tensor:
    """Two independent smooth noises at 3D places.

    Args:
        places: (P, 3) float, any unit.
        cell: size of a grain in that unit, one or for each axis (long in one axis gives strands).
        offset: (3,) shift in cells: another offset is another pattern.

    Returns:
        (P, 2) float, mean about 0, standard deviation about 0.7.
    """
    sizes = torch.as_tensor(cell, dtype=places.dtype, device=places.device)
    cells = (places / sizes + torch.tensor(offset, dtype=places.dtype, device=places.device)) % (SIDE - 1)
    grid = (cells / ((SIDE - 1) / 2) - 1)[None, None, None]
    sampled = functional.grid_sample(volume(str(places.device)), grid, align_corners=True, padding_mode="border")
    return sampled[0, :, 0, 0].T
