# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
"""Light from all directions as a map, as nine spherical harmonics, and as what a mirror shows of it.

A map is (H, W, 3), linear radiance over latitude and longitude: row 0 looks up (+y), the middle column at +z, toward
the viewer, the outer ones at -z. Kernels look things up in square octahedral maps instead: no angles to compute.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import warp as wp

MAP_ROWS, MAP_COLUMNS = 32, 64

wp.set_module_options({"enable_backward": False})


@lru_cache(maxsize=4)
def map_directions(rows: int = MAP_ROWS, columns: int = MAP_COLUMNS) -> np.ndarray:
    """(rows, columns, 3) float32 unit: where each pixel of a map looks."""
    down = np.pi * (np.arange(rows)[:, None] + 0.5) / rows
    around = 2 * np.pi * (np.arange(columns)[None] + 0.5) / columns - np.pi
    up = np.broadcast_to(np.cos(down), (rows, columns))
    return np.stack([np.sin(down) * np.sin(around), up, np.sin(down) * np.cos(around)], -1).astype(np.float32)


@lru_cache(maxsize=4)
def solid_angles(rows: int = MAP_ROWS, columns: int = MAP_COLUMNS) -> np.ndarray:
    """(rows, columns) float32 steradians of each pixel; they add up to 4 pi."""
    edges = np.cos(np.pi * np.arange(rows + 1) / rows)
    return np.repeat((edges[:-1] - edges[1:])[:, None] * 2 * np.pi / columns, columns, 1).astype(np.float32)


def polynomials(directions: np.ndarray) -> np.ndarray:
    """(..., 3) unit -> (..., 9) real spherical harmonics to the second order, without their constants."""
    x, y, z = np.moveaxis(directions, -1, 0)
    return np.stack([np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], -1)


# Each harmonic's constant squared, times its share A_l / pi of the clamped cosine: 1, 2/3 and 1/4 by order.
WEIGHTS = np.array([0.282095, *[0.488603] * 3, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274]) ** 2
WEIGHTS *= np.array([1.0, *[2 / 3] * 3, *[1 / 4] * 5])


@lru_cache(maxsize=4)
def projection(rows: int, columns: int) -> np.ndarray:
    """(9, rows * columns): takes a map's pixels to its coefficients."""
    weighted = polynomials(map_directions(rows, columns)) * solid_angles(rows, columns)[..., None] * WEIGHTS
    return weighted.reshape(-1, 9).T.astype(np.float32)


def harmonics(radiance: np.ndarray) -> np.ndarray:
    """(H, W, 3) map -> (9, 3) coefficients of its irradiance over pi: a white surface's radiance is their sum,
    weighted with `polynomials` of its normal. Ramamoorthi and Hanrahan (2001), equations 5 to 13."""
    rows, columns = radiance.shape[:2]
    return projection(rows, columns) @ radiance.reshape(-1, 3)


@wp.func
def irradiance_at(coefficients: wp.array(dtype=wp.vec3), normal: wp.vec3) -> wp.vec3:
    """Irradiance over pi on a unit normal, from `harmonics`; the second order alone could fall below 0."""
    x, y, z = normal[0], normal[1], normal[2]
    found = coefficients[0] + y * coefficients[1] + z * coefficients[2] + x * coefficients[3]
    found += (x * y) * coefficients[4] + (y * z) * coefficients[5] + (3.0 * z * z - 1.0) * coefficients[6]
    found += (x * z) * coefficients[7] + (x * x - y * y) * coefficients[8]
    return wp.max(found, wp.vec3())


def look_up(radiance: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Map (H, W, 3) seen in (..., 3) unit directions, between pixels linearly."""
    rows, columns = radiance.shape[:2]
    flat = directions.reshape(-1, 1, 3)
    row = np.arccos(np.clip(flat[..., 1], -1, 1)) * (rows / np.pi) - 0.5
    column = (np.arctan2(flat[..., 0], flat[..., 2]) + np.pi) * (columns / (2 * np.pi)) - 0.5
    wide = np.concatenate([radiance[:, -1:], radiance, radiance[:, :1]], 1).astype(np.float32)
    row = np.clip(row, 0, rows - 1).astype(np.float32)
    seen = cv2.remap(wide, (column + 1).astype(np.float32), row, cv2.INTER_LINEAR)
    return seen.reshape(*directions.shape[:-1], 3)


@lru_cache(maxsize=4)
def octahedral_directions(side: int) -> np.ndarray:
    """(side, side, 3) float32 unit: where each texel looks, +z in the middle; the outermost lie on the folds."""
    line = np.linspace(-1, 1, side)
    x, y = np.meshgrid(line, line)
    z = 1 - np.abs(x) - np.abs(y)
    folded = np.maximum(-z, 0)
    found = np.stack([x - np.copysign(folded, x), y - np.copysign(folded, y), z], -1)
    return (found / np.linalg.norm(found, axis=-1, keepdims=True)).astype(np.float32)


@lru_cache(maxsize=4)
def prefilter(side: int, sharpness: float) -> np.ndarray:
    """(side * side, pixels of a map): weights exp(sharpness * (cosine - 1)) about each octahedral direction, sum 1."""
    cosine = octahedral_directions(side).reshape(-1, 3) @ map_directions().reshape(-1, 3).T
    weights = np.exp(sharpness * (cosine - 1)) * solid_angles().reshape(-1)
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


def mirror_map(radiance: np.ndarray, side: int, sharpness: float | None = None) -> np.ndarray:
    """(side, side, 3) float32 octahedral map, blurred by the lobe of `prefilter` or not at all."""
    if sharpness is None:
        return look_up(radiance, octahedral_directions(side))
    return (prefilter(side, sharpness) @ radiance.reshape(-1, 3)).reshape(side, side, 3)


@wp.func
def seen_in(mirror: wp.array2d(dtype=wp.vec3), direction: wp.vec3) -> wp.vec3:
    """An octahedral map in a direction of any length, between texels linearly."""
    size = wp.abs(direction[0]) + wp.abs(direction[1]) + wp.abs(direction[2])
    x, y = direction[0] / size, direction[1] / size
    if direction[2] < 0.0:
        folded = (1.0 - wp.abs(y)) * wp.where(x < 0.0, -1.0, 1.0)
        y = (1.0 - wp.abs(x)) * wp.where(y < 0.0, -1.0, 1.0)
        x = folded
    last = mirror.shape[0] - 1
    u, v = (x * 0.5 + 0.5) * float(last), (y * 0.5 + 0.5) * float(last)
    j, i = wp.clamp(int(u), 0, last - 1), wp.clamp(int(v), 0, last - 1)
    p, q = u - float(j), v - float(i)
    upper = (1.0 - p) * mirror[i, j] + p * mirror[i, j + 1]
    lower = (1.0 - p) * mirror[i + 1, j] + p * mirror[i + 1, j + 1]
    return (1.0 - q) * upper + q * lower
