"""A cloth over head, ears and neck that leaves the face free."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, grey_dilation

from recon.people.worn.headmap import AZIMUTH, COLUMNS, HeadMap
from recon.people.worn.headwear_design import Headwear, cloth_noise, face_opening
from recon.people.worn.solids import Body, body, lattice, unit

CLOSE_ROWS = np.array(
    [-1.0, 0.01, 0.15, 0.6, 1.5, 3.0]
)  # mm under the upper end of a headscarf's opening, where it is round


def scarf(head: HeadMap, worn: Headwear) -> Body:
    """A cloth over head, ears and neck that leaves the face free; every row runs around from one edge of the opening to
    the other, rows above and below it meet in front."""
    heights = np.concatenate([np.linspace(104, -88, 30), np.linspace(-96, -128, 6), worn.front - CLOSE_ROWS])
    heights = np.sort(heights)[::-1]
    polar_rows = np.stack([head.polar_at_height(np.full(COLUMNS, h)) for h in heights])
    edge = face_opening(worn, heights)[:, None]
    around = np.linspace(0, 1, 73)
    azimuth = edge + (2 * np.pi - 2 * edge) * around
    wrapped = np.append(polar_rows, polar_rows[:, :1], 1)
    polar = np.stack(
        [np.interp(a, np.append(AZIMUTH, 2 * np.pi), row) for a, row in zip(azimuth, wrapped, strict=True)]
    )
    place, ears = head.at(polar, azimuth)
    ears = gaussian_filter(grey_dilation(ears, (7, 11)), (3.0, 5.0))
    low = np.clip((heights + 60) / -60, 0, 1)[:, None]
    soft = worn.fold * cloth_noise(place, worn, (40.0, 16.0, 22.0)) * (0.4 + low)
    open_here = (edge > 0.02).astype(float)
    rim = 3.0 * np.exp(-((((around - 0.5) ** 2 - 0.25) / 0.02) ** 2)) * (edge / 0.4).clip(0, 1)
    bun = 10.0 * np.sin(np.pi * around) ** 6 * np.exp(-(((heights[:, None] - 30) / 50) ** 2))
    lift = worn.thick + 3.0 + 0.5 * worn.crown + ears + soft + rim + bun
    outward = unit(place - np.array([0.0, 10.0, -75.0]))
    outward = unit(outward * (1.0, 0.3, 1.0) * low[..., None] + outward * (1 - low[..., None]))
    hood = place + outward * lift[..., None]
    foot = np.stack([112 * np.sin(azimuth[-1]), -205 - 25 * np.cos(azimuth[-1]), -72 + 96 * np.cos(azimuth[-1])], 1)
    share = np.linspace(0, 1, 9)[1:, None, None]
    drape = hood[-1] * (1 - share) + foot * share
    drape[..., 2] -= 8 * np.sin(np.pi * share[..., 0]) * np.cos(azimuth[-1])
    drape = drape + (2.2 * worn.fold * cloth_noise(drape, worn, (24.0, 12.0, 24.0)))[..., None] * unit(
        drape - np.array([0.0, 0.0, -75.0])
    )
    top = np.broadcast_to(hood[0].mean(0) + (0.0, 5.0, 0.0), hood[:1].shape)
    edge_in = hood.copy()
    for side in (0, -1):
        edge_in[:, side] -= (
            outward[:, side] * (lift[:, side] - 0.4)[:, None] * np.sin(np.pi / 2 * (edge / 0.35).clip(0, 1))
        )
    hood = np.concatenate([edge_in[:, :1], hood, edge_in[:, -1:]], 1)
    drape = np.concatenate([drape[:, :1], drape, drape[:, -1:]], 1)
    top = np.concatenate([top[:, :1], top, top[:, -1:]], 1)
    places = np.concatenate([top, hood, drape])[::-1]  # rows upward, columns to the left: outward
    colour = np.array(worn.colour) * (1 + 0.07 * cloth_noise(places, worn, 10.0))[..., None]
    shut = np.concatenate([[1.0], 1 - open_here[:, 0], np.ones(len(drape))])[::-1] > 0.5
    return sewn(places, colour, shut)


def sewn(places: np.ndarray, colour: np.ndarray, shut: np.ndarray) -> Body:
    """The lattice (rows, columns, 3) with the first two and last two columns of the rows `shut` (rows,) made one."""
    rows, columns = places.shape[:2]
    ids = np.arange(rows * columns).reshape(rows, columns)
    ids[np.ix_(shut, np.array([0, columns - 2, columns - 1]))] = ids[shut, 1][:, None]
    triangles = ids.reshape(-1)[lattice(rows, columns, False)]
    a, b, c = triangles.T
    triangles = triangles[(a != b) & (b != c) & (c != a)]
    used = np.zeros(rows * columns, bool)
    used[triangles] = True
    return body(places.reshape(-1, 3)[used], (np.cumsum(used) - 1)[triangles], colour.reshape(-1, 3)[used])
