# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
"""Smooth solid noise, looked up anywhere on a face: skin, hair and background texture without images."""

from functools import lru_cache

import torch
import warp as wp
from torch import Tensor
from torch.nn import functional

from recon.geometry.launch import launch

SIDE = 48

wp.set_module_options({"enable_backward": False})


@lru_cache(maxsize=4)
def volume(device: str = "cpu") -> Tensor:
    """(SIDE ** 3, 2) unit normal values, z slowest; the same on every machine."""
    generator = torch.Generator().manual_seed(20261120)
    values = torch.randn(2, SIDE, SIDE, SIDE, generator=generator)
    values = functional.pad(values[None], (1, 1, 1, 1, 1, 1), mode="circular")
    values = functional.avg_pool3d(values, 2, 1)[..., :-1, :-1, :-1]
    return (values / values.std()).view(2, -1).T.contiguous().to(device)


@wp.func
def cell_of(place: float, size: float, offset: float, period: float):
    """Where a coordinate falls in the periodic volume, in [0, period]; the same bits as torch's % and grid_sample."""
    cell = place / size + offset
    cell -= period * float(int(cell * (1.0 / period)))
    if cell < 0.0:
        cell += period
    if cell >= period:
        cell -= period
    return wp.clamp((cell / (period * 0.5) - 1.0 + 1.0) * 0.5 * period, 0.0, period)


@wp.func
def noise_at(place: wp.vec3, size: wp.vec3, offset: wp.vec3, values: wp.array(dtype=wp.vec2)) -> wp.vec2:
    """Both noises at one place; size, offset: see `solid_noise`; values: `volume`."""
    period = float(SIDE - 1)
    x = cell_of(place[0], size[0], offset[0], period)
    y = cell_of(place[1], size[1], offset[1], period)
    z = cell_of(place[2], size[2], offset[2], period)
    i, j, k = int(x), int(y), int(z)
    right, down, back = x - float(i), y - float(j), z - float(k)
    left, up, front = float(i + 1) - x, float(j + 1) - y, float(k + 1) - z
    near = (k * SIDE + j) * SIDE + i
    # The last cell has no neighbour; its share is 0 there.
    dx = wp.min(i + 1, SIDE - 1) - i
    dy = (wp.min(j + 1, SIDE - 1) - j) * SIDE
    far = near + (wp.min(k + 1, SIDE - 1) - k) * SIDE * SIDE
    total = values[near] * (left * up * front)
    total += values[near + dx] * (right * up * front)
    total += values[near + dy] * (left * down * front)
    total += values[near + dy + dx] * (right * down * front)
    total += values[far] * (left * up * back)
    total += values[far + dx] * (right * up * back)
    total += values[far + dy] * (left * down * back)
    total += values[far + dy + dx] * (right * down * back)
    return total


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
