# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
"""Smooth solid noise, looked up anywhere on a face: skin, hair and background texture without images."""

from functools import lru_cache
from typing import Any

import torch
import warp as wp
from torch import Tensor
from torch.nn import functional

from recon.geometry.launch import launch

SIDE = 48

wp.set_module_options({"enable_backward": False})


@lru_cache(maxsize=4)
def volume(device: str = "cpu") -> Tensor:
    """(SIDE ** 3, 2) unit normal values, z slowest, the last of each axis like the first; the same on every machine."""
    generator = torch.Generator().manual_seed(20261120)
    values = torch.randn(2, SIDE, SIDE, SIDE, generator=generator)
    values = functional.pad(values[None], (1, 1, 1, 1, 1, 1), mode="circular")
    values = functional.avg_pool3d(values, 2, 1)[..., :-1, :-1, :-1]
    for axis in (2, 3, 4):
        values.select(axis, SIDE - 1).copy_(values.select(axis, 0))
    return (values / values.std()).view(2, -1).T.contiguous().to(device)


@wp.func
def wrapped(cell: float) -> float:
    """A coordinate within the volume, from 0 to SIDE - 1, where it begins again."""
    period = float(SIDE - 1)
    return wp.clamp(cell - period * wp.floor(cell * (1.0 / period)), 0.0, period)


@wp.func
def noise_at(place: wp.vec3, size: wp.vec3, offset: wp.vec3, values: wp.array(dtype=wp.vec2)) -> wp.vec2:
    """Both noises at one place; size, offset: see `solid_noise`; values: `volume`."""
    return in_volume(wp.cw_div(place, size) + offset, values)


@wp.func
def in_volume(cell: wp.vec3, values: wp.array(dtype=Any)) -> Any:
    """What a volume of SIDE ** 3 vectors laid out as `volume` holds at a place in cells, between the eight nearest."""
    x, y, z = wrapped(cell[0]), wrapped(cell[1]), wrapped(cell[2])
    i, j, k = wp.min(int(x), SIDE - 2), wp.min(int(y), SIDE - 2), wp.min(int(z), SIDE - 2)
    right, down, back = x - float(i), y - float(j), z - float(k)
    near = (k * SIDE + j) * SIDE + i
    far = near + SIDE * SIDE
    above = wp.lerp(values[near], values[near + 1], right)
    below = wp.lerp(values[near + SIDE], values[near + SIDE + 1], right)
    above_back = wp.lerp(values[far], values[far + 1], right)
    below_back = wp.lerp(values[far + SIDE], values[far + SIDE + 1], right)
    return wp.lerp(wp.lerp(above, below, down), wp.lerp(above_back, below_back, down), back)


@wp.kernel
def look_up(
    places: wp.array2d(dtype=wp.float32),
    size: wp.vec3,
    offset: wp.vec3,
    values: wp.array(dtype=wp.vec2),
    found: wp.array2d(dtype=wp.float32),
):
    p = wp.tid()
    noise = noise_at(wp.vec3(places[0, p], places[1, p], places[2, p]), size, offset, values)
    found[0, p] = noise[0]
    found[1, p] = noise[1]


def solid_noise(places: Tensor, cell: float | tuple[float, float, float], offset: tuple[float, float, float]) -> Tensor:
    """Two independent smooth noises at 3D places.

    Args:
        places: (3, P) float32, any unit; no gradient.
        cell: size of a grain in that unit, one or for each axis (long in one axis gives strands).
        offset: (3,) shift in cells: another offset is another pattern.

    Returns:
        (2, P) float32, mean about 0, standard deviation about 0.7.
    """
    found = places.new_empty(2, places.shape[1])
    size = cell if isinstance(cell, tuple) else (cell, cell, cell)
    values = wp.from_torch(volume(str(places.device)), dtype=wp.vec2)
    inputs = [wp.from_torch(places), wp.vec3(*size), wp.vec3(*offset), values, wp.from_torch(found)]
    launch(look_up, places.shape[1], inputs, places.device)
    return found
