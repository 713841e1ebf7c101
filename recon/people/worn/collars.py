"""What clothes have at the neck: a shirt's folded collar, lapels, a tie, a polo neck, a hood that hangs behind."""

from __future__ import annotations

import numpy as np

from recon.people.worn.bust import AZIMUTH, COLUMNS, Bust, Spots
from recon.people.worn.clothes_style import Clothes, Colour
from recon.people.worn.solids import Body, body, lattice, rounded_box, sheet, tube, unit

JACKET_MM = 8.5  # over a shirt and its collar
LAPEL_COLUMNS = 121
NOTCH_MM = 42.0  # down from the foot of the neck, where collar and lapel meet


def shaded(colour: Colour, spots: Spots) -> np.ndarray:
    """(..., 3) the colour, darkened where little sky is seen."""
    return np.asarray(colour, np.float32) * (0.35 + 0.65 * spots.openness)[..., None]


def shirt_collar(bust: Bust, worn: Clothes, colour: Colour) -> list[Body]:
    """A band that stands around the neck and a leaf that is folded over it, ending in two points in front."""
    v = np.linspace(-1, 1, 81)[None]  # from the left point around the back to the right one
    ends = np.abs(v) ** 6  # 1 at the points
    open_mm = min(worn.open, bust.reach.min() - 8.0)
    gap = 1.5 + 0.22 * open_mm  # mm between the middle and the ends of the band
    stand = worn.stand * (1 - 0.25 * np.abs(v) ** 3) * (1 - 0.35 * (open_mm > 0) * ends)
    foot = 1.0 + 0.5 * open_mm * ends
    point = worn.leaf + 14.0 * ends
    rows = (  # down the leaf as a share, lift
        (None, 1.2),
        (0.0, 2.0),
        (-0.04, 3.6),
        (0.0, 4.8),
        (0.3, 5.6),
        (0.65, 6.2),
        (0.95, 6.4),
        (1.0, 6.2),
        (1.0, 5.0),
        (0.1, 3.6),
    )
    along = np.concatenate([foot + 4 if t is None else foot - stand + point * t for t, _ in rows])
    outward = np.array([[0.0 if t is None else max(t, 0.0)] for t, _ in rows])
    lift = np.array([[height] for _, height in rows]) + 0 * v
    front = (gap + worn.spread * outward) / 62.0  # radians, about the front of the neck
    azimuth = np.pi * (1 + v) + front * np.sign(-v) * np.abs(v) ** 3
    spots = bust.at(along, azimuth)
    seam = np.array([[0.75 if t == 1.0 else 1.0] for t, _ in rows]) - 0.2 * (np.abs(v) > 0.985)
    albedo = shaded(colour, spots) * seam[..., None]
    return [
        body(
            spots.lifted(lift + spots.hollow).reshape(-1, 3),
            lattice(len(rows), v.size, False),
            albedo.reshape(-1, 3),
            True,
        )
    ]


def lapels(bust: Bust, worn: Clothes) -> Body:
    """A jacket's collar and lapels, folded over along its edge, with a notch between them."""
    turn = np.linspace(-1, 1, LAPEL_COLUMNS)
    azimuth = np.pi + (np.pi - np.radians(0.7)) * np.sign(turn) * (1 - (1 - np.abs(turn)) ** 1.5)
    edge = np.minimum(worn.neckline(azimuth), 238.0)
    on_edge = bust.at(edge, azimuth).place
    radius = np.hypot(on_edge[:, 0], on_edge[:, 2] + 100.0)
    along = unit(np.stack([np.gradient(edge), radius * np.gradient(azimuth)], 1))
    down, around = along[:, 1], -along[:, 0]  # away from the opening
    below = edge / max(worn.front, NOTCH_MM + 40)
    width = np.where(edge < NOTCH_MM, 36.0 + 12 * np.clip(edge / NOTCH_MM, 0, 1), worn.lapel * (1.05 - below) * 1.25)
    width = np.where(np.abs(edge - NOTCH_MM) < 5.0, 26.0, width).clip(3.0, None)
    share = np.array([-0.05, 0.03, 0.12, 0.4, 0.7, 0.95, 1.0])[:, None]
    lift = JACKET_MM + np.array([0.6, 3.2, 4.4, 4.4, 4.4, 4.2, 3.6])[:, None] + 0 * width
    s, a = edge + share * width * down, azimuth + share * width * around / radius
    spots = bust.at(s, a)
    lift = lift + spots.hollow
    seam = np.array([1, 1, 1, 1, 1, 1, 0.45])[:, None, None]
    albedo = shaded(worn.colour, spots) * seam
    return sheet(spots.lifted(lift)[::-1], spots.lifted(lift - 1.6)[::-1], albedo[::-1])


def tie(bust: Bust, worn: Clothes) -> list[Body]:
    """A knot between the points of the collar and a blade that widens downward."""
    ends = bust.at(np.array([-10.0, 26.0]), np.zeros(2))
    top, foot = ends.lifted(8.0 + ends.hollow.max())
    up = unit(top - foot)
    ahead = np.cross(np.array([1.0, 0.0, 0.0]), up)
    knot = rounded_box(
        (top + foot) / 2, np.stack([13.0 * np.array([1.0, 0, 0]), 5.0 * ahead, 18.0 * up]), worn.tie_colour, 3.0, rows=8
    )
    down = np.linspace(18.0, 240.0, 56)[:, None]
    half = 10.0 + 26.0 * (down - 18.0) / 222.0
    across = np.linspace(-1, 1, 9)
    spots = bust.at(down[:, 0], np.zeros(56))
    middle = spots.lifted(6.5 + spots.hollow)[:, None]
    front = middle + (half * across)[..., None] * np.array([1.0, 0, 0])
    front[..., 2] -= 1.5 * across**2
    stripes = np.clip(2.0 * np.sin((front[..., 0] + front[..., 1]) * 2 * np.pi / worn.period) - 0.5, 0, 1)[..., None]
    plain = np.asarray(worn.tie_colour)
    colour = plain + (np.asarray(worn.second) - plain) * stripes * (worn.pattern == "plain")
    return [knot, sheet(front[::-1], front[::-1] - np.array([0, 0, 1.5]), colour[::-1])]


def polo_neck(bust: Bust, worn: Clothes) -> Body:
    """A ribbed tube up the neck, folded over once."""
    high = worn.stand + 6.0
    rows = (
        (10, 1.0),
        (-high, 1.5),
        (-high - 2, 3.0),
        (-high, 5.5),
        (-high * 0.6, 7.0),
        (-high * 0.2, 7.4),
        (2, 7.0),
        (6, 5.0),
    )
    along = np.array([[s] for s, _ in rows]) + 0 * AZIMUTH
    lift = np.array([[height] for _, height in rows]) + worn.thick - 3.5 + 0 * AZIMUTH
    azimuth = np.broadcast_to(AZIMUTH, along.shape)
    ribs = 1 + 0.08 * (-1.0) ** np.arange(COLUMNS)
    spots = bust.at(along, azimuth)
    albedo = shaded(worn.colour, spots) * ribs[:, None]
    return body(spots.lifted(lift).reshape(-1, 3), lattice(len(rows), COLUMNS, True), albedo.reshape(-1, 3), True)


def hood(bust: Bust, worn: Clothes) -> list[Body]:
    """A hood that hangs behind: a roll around the neck, thick at the nape, and two strings."""
    v = np.linspace(-1, 1, 61)
    azimuth = np.pi + v * (np.pi - 0.12)
    behind = np.cos(np.pi * v / 2)
    edge = worn.neckline(azimuth)
    thick = 5.0 + 15.0 * behind**0.8
    path = bust.at(edge + 0.5 * thick + 4.0, azimuth).lifted(thick * 0.9 + 1.0)
    roll = tube(
        path, np.stack([1.25 * thick, thick], 1), np.array([0.0, 1.0, 0.0]), worn.colour, section=12, exponent=2.2
    )
    strings = []
    for side in (-1.0, 1.0):
        down = np.linspace(worn.front + 6.0, worn.front + 110.0, 12)
        string = bust.at(down, side * np.full(12, 0.35)).lifted(worn.thick + 3.5 + worn.fold)
        strings.append(tube(string, np.array([1.6, 1.6]), np.array([1.0, 0, 0]), worn.second, section=6, exponent=2.0))
    return [roll, *strings]
