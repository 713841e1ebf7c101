"""The face taken out of a photo: bare skin under the photo's light in its place, and nothing of the person at its rim.

Around the face a rim is taken from what lies beyond it: background, hair, neck. Inside, smooth skin stands: tone times
the fitted light on normals so blurred that they show no one, times a factor that carries the skin beyond the rim (neck,
ears, forehead) inward and dies away, a screened membrane:

    (Laplace - 1 / FADE^2) u = 0,   u = log(photo / skin) where the rim is skin, no flow where it is not

No pixel of the face that is not covered is read.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.linalg import splu

from recon.canvases.cover import Cover, disc, nearby
from recon.canvases.light import Light, linear, shown

RIM_SHARE, CHIN_SHARE = 0.012, 0.012  # of the side: width of the rim, and as much again below
NORMALS_SHARE = 0.07  # of the side: blur of the normals
FADE_SHARE = 0.15  # of the side
ALIKE, NEAR = 0.9, 0.35  # of log colours, off the fitted skin: skin to a parser; skin whatever a parser says
FLOOR = 2e-3


def rim_of(area: np.ndarray, spare: np.ndarray) -> np.ndarray:
    """(S, S) bool: pixels around the face that may show some of it, a little more below: the chin and its shadow.

    spare: (S, S) bool, what is no skin for sure (hair, glasses) and stays.
    """
    size = len(area)
    wide = cv2.dilate(area.astype(np.uint8), disc(max(1, round(RIM_SHARE * size)))) > 0
    below = round(CHIN_SHARE * size)
    dropped = np.roll(wide, below, 0)
    dropped[:below] = False
    return (wide | dropped) & ~area & ~spare


def smooth_normals(normals: np.ndarray, area: np.ndarray) -> np.ndarray:
    """(S, S, 3) unit: normals (S, S, 3), NaN where there are none, blurred until they show no features; from `area`."""
    there = area & np.isfinite(normals).all(-1)
    spread = nearby(np.nan_to_num(normals).astype(np.float32), there, NORMALS_SHARE * len(area))
    return spread / np.maximum(np.linalg.norm(spread, axis=-1, keepdims=True), 1e-6)


def without_face(
    rgb: np.ndarray,
    area: np.ndarray,
    rim: np.ndarray,
    cover: Cover,
    skin: np.ndarray,
    base: np.ndarray,
    noise: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """(S, S, 3) uint8: the plate.

    Args:
        rgb: (S, S, 3) uint8, the photo. area, rim: (S, S) bool. cover: what lies over the face. skin: (S, S) bool, what
            a parser takes for skin, or all. base: (S, S, 3) linear, plain skin under the light, see `Light.on`.
        noise: sigma of the grain, sRGB 0 to 1. rng: it is drawn from.
    """
    light, beyond = linear(rgb), ~(area | rim)
    row, column = np.asarray(ndimage.distance_transform_edt(~beyond, return_distances=False, return_indices=True))
    outer = light[row, column]
    outer = np.where(rim[..., None], 0.5 * outer + 0.5 * nearby(light, beyond, 1.5), light)
    base = np.maximum(base, FLOOR)
    ratio = np.log(np.maximum(outer, FLOOR) / base)
    off = np.abs(ratio).max(-1)
    told = np.where(skin[row, column], off < ALIKE, off < NEAR)
    filled = base * np.exp(carried(nearby(ratio.astype(np.float32), told & ~area, 2.0), area, told & ~area))
    grain = noise * rng.standard_normal(rgb.shape)
    colours = shown(np.where(area[..., None], filled, outer)) + np.where((area | rim)[..., None], grain, 0)
    colours = np.where((cover.over > 0)[..., None], cover.colours, colours)
    touched = area | rim
    return np.where(touched[..., None], np.clip(np.round(255 * colours), 0, 255).astype(np.uint8), rgb)


def carried(values: np.ndarray, area: np.ndarray, told: np.ndarray) -> np.ndarray:
    """(S, S, 3): the screened membrane over `area` (S, S) bool between `values` (S, S, 3) where they are told."""
    size = len(area)
    number = np.full(area.shape, -1)
    number[area] = np.arange(area.sum())
    found = np.zeros((int(area.sum()), 3))
    diagonal = np.full(len(found), (1 / (FADE_SHARE * size)) ** 2)
    rows, columns = [], []
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        beside = np.roll(number, step, axis)
        edge = [slice(None)] * 2
        edge[axis] = slice(0, 1) if step > 0 else slice(-1, None)
        given = np.roll(told, step, axis)
        beside[tuple(edge)], given[tuple(edge)] = -1, False
        inner = area & (beside >= 0)
        rows.append(number[inner])
        columns.append(beside[inner])
        np.add.at(diagonal, number[inner], 1.0)
        held = area & given
        np.add.at(diagonal, number[held], 1.0)
        found[number[held]] += np.roll(values, step, axis)[held]
    row, column = np.concatenate(rows), np.concatenate(columns)
    beside = sparse.csc_matrix((np.full(len(row), -1.0), (row, column)), shape=(len(found),) * 2)
    answer = np.zeros((*area.shape, 3))
    answer[area] = splu(beside + sparse.diags(diagonal).tocsc()).solve(found)
    return answer


def base_of(light: Light, normals: np.ndarray, area: np.ndarray) -> np.ndarray:
    """(S, S, 3) float32 linear: plain skin under the light."""
    return light.on(smooth_normals(normals, area)).astype(np.float32)
