"""Caps, beanies, hats, headscarves, turbans and bands, riding on the scalp of a drawn head.

Everything is designed on the head's map (`recon.people.worn.headmap`): a hem, given by its heights on the template in
front, at the sides and behind, and a surface that rises from it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.people.part import Part
from recon.people.worn.clearance import template_places
from recon.people.worn.headmap import AZIMUTH, COLUMNS, HeadMap, head_map
from recon.people.worn.headscarf import scarf
from recon.people.worn.headwear_design import (
    KINDS,
    Headwear,
    cloth_noise,
    draw_headwear,
    face_opening,
    hem_height,
)
from recon.people.worn.solids import Body, as_part, body, lattice, rounded_box, sheet, unit

__all__ = ["KINDS", "Headwear", "covered", "draw_headwear", "headwear_part"]

RISE = 24  # rows from the hem to the top
CROWN_MM = 150.0  # length of those, about


def headwear_part(model: FaceModel, vertices: Tensor, worn: Headwear) -> Part:
    """The piece on a drawn head.

    Args:
        vertices: (n, 3) float32 mm, the drawn head in its own frame, with what hair lifts its scalp.
    """
    head = head_map(model, vertices)
    if worn.kind == "headscarf":
        bodies = [scarf(head, worn)]
    elif worn.kind == "cap":
        bodies = [crown(head, worn), visor(head, worn), button(head, worn)]
    elif worn.kind == "hat":
        bodies = [hat_crown(head, worn), brim(head, worn)]
    else:
        bodies = [crown(head, worn)]
    return as_part(REGIONS.index("headwear"), bodies, worn.gloss, worn.roughness)


def covered(model: FaceModel, worn: Headwear, margin_mm: float = 0.0) -> Tensor:
    """(n,) bool: the head's vertices under the piece, `margin_mm` or more above its hem, where hair should not be."""
    place = template_places(model).double().numpy()
    azimuth = np.arctan2(place[:, 0], place[:, 2] + 75.0)
    if worn.kind == "headscarf":
        opening = face_opening(worn, place[:, 1])
        under = (np.abs(azimuth) > opening) & (place[:, 1] > -130)
    else:
        height = place[:, 1] - hem_height(worn, azimuth)
        under = height > margin_mm
        if worn.kind == "band":
            under &= height < worn.cuff - margin_mm
    return torch.from_numpy(under)


def crown(head: HeadMap, worn: Headwear) -> Body:
    """Cap, beanie, turban, band: rows of the map from the hem up, lifted off the scalp, with a turned-in hem."""
    hem = head.polar_at_height(hem_height(worn, AZIMUTH))
    t = np.concatenate([[0.06, 0.0, 0.0], np.linspace(0, 1, RISE)[1:] ** 0.85])[:, None]  # two rows inside the hem
    if worn.kind == "band":
        top = head.polar_at_height(hem_height(worn, AZIMUTH) + worn.cuff)
        t = np.concatenate([[0.2, 0.0, 0.0], np.linspace(0, 1, 6)[1:], [1.0, 0.9]])[:, None]
        polar = hem + (top - hem) * t
    else:
        polar = hem * (1 - t)
    place, _ = head.at(polar, AZIMUTH + 0 * polar)
    lift = worn.thick + worn.crown * np.sin(np.pi / 2 * np.clip(t, 0, 1)) ** 1.5 * (worn.kind != "band")
    lift = lift + worn.fold * np.abs(cloth_noise(place, worn, (30.0, 14.0, 30.0)))
    if worn.kind == "cap":  # stiffened front panels, seams
        ahead = np.cos(AZIMUTH - np.radians(worn.turn_deg)).clip(0, 1) ** 3
        lift = lift + 9.0 * ahead * np.sin(np.pi * t.clip(0, 1)) ** 0.8
    if worn.kind == "beanie":
        lift = lift + 3.0 * (t < worn.cuff / CROWN_MM)
    if worn.kind == "turban":
        wrap = 5.0 * t + 1.2 * np.abs(np.sin(AZIMUTH / 2))
        lift = lift + 7.0 * np.abs(np.sin(np.pi * wrap)) ** 0.6 * (1 - t.clip(0, 1) ** 2)
    lift[0], lift[1] = 0.4, 0.4
    if worn.kind == "band":
        lift[-1] = 0.4
    away = unit(
        place - place[-1].mean(0) * (0.0, 0.6, 1.0) if worn.kind == "band" else place - np.array([0, 10.0, -75.0])
    )
    places = place + away * lift[..., None]
    if worn.kind == "beanie":
        places = places + worn.slouch * (t.clip(0, 1) ** 3)[..., None] * np.array([0.0, 0.15, -0.8])
    return body(places.reshape(-1, 3), lattice(len(t), COLUMNS, True), dyed(places, t, worn).reshape(-1, 3))


def dyed(places: np.ndarray, t: np.ndarray, worn: Headwear) -> np.ndarray:
    """(rows, COLUMNS, 3) colours: stripes or a cuff, ribs of a knit, seams of a cap, a little unevenness."""
    striped = (np.floor(t * worn.stripes * 2) % 2 == 1) if worn.kind in ("beanie", "band") else t < -1
    colour = np.where(np.broadcast_to(striped, places.shape[:2])[..., None], worn.second, worn.colour)
    tone = 1 + 0.08 * cloth_noise(places, worn, 9.0)
    if worn.kind == "beanie":  # a knit's ribs, and the shade above the cuff
        tone = (
            tone * (1 + 0.12 * (-1.0) ** np.arange(COLUMNS)) * np.where(np.abs(t - worn.cuff / CROWN_MM) < 0.03, 0.7, 1)
        )
    if worn.kind == "cap":
        tone = tone * np.where(np.arange(COLUMNS) % (COLUMNS // 6) == COLUMNS // 12, 0.75, 1.0)
    return colour * tone[..., None]


def hem_ring(head: HeadMap, worn: Headwear, azimuth: np.ndarray, off_mm: float) -> np.ndarray:
    """(m, 3) the hem, so far off the head."""
    hem = head.polar_at_height(hem_height(worn, AZIMUTH))
    polar = np.interp(azimuth % (2 * np.pi), np.append(AZIMUTH, 2 * np.pi), np.append(hem, hem[0]))
    outward = np.stack([np.sin(azimuth), 0 * azimuth, np.cos(azimuth)], 1)
    return head.at(polar, azimuth)[0] + outward * off_mm


def visor(head: HeadMap, worn: Headwear) -> Body:
    """The peak of a cap, curled down at its sides."""
    turn, spread = np.radians(worn.turn_deg), np.radians(54)
    across = np.linspace(1, -1, 25)  # from the left to the right: columns x rows points up
    inner = hem_ring(head, worn, turn + across * spread, worn.thick - 0.5)
    reach = worn.brim * np.sqrt(np.clip(1 - np.abs(across) ** 2.4, 0, 1) ** 1.3)
    out = np.linspace(-0.04, 1, 7)[:, None]
    droop = np.radians(worn.droop_deg)
    ahead = np.array([np.sin(turn) * np.cos(droop), -np.sin(droop), np.cos(turn) * np.cos(droop)])
    top = inner + (out * reach)[..., None] * ahead
    level = inner[:, 1].max() - inner[:, 1]  # the hem falls to the sides; the peak is bent less than that
    top[..., 1] += out.clip(0, 1) * reach / worn.brim * (0.6 * level + worn.curl * across**2)
    return sheet(top, top - (0.0, 2.2, 0.0), worn.second)


def button(head: HeadMap, worn: Headwear) -> Body:
    top = head.place[0, 0] + (0.0, worn.thick + worn.crown + 0.5, 0.0)
    return rounded_box(top, np.diag([6.0, 6.0, 2.5])[[0, 2, 1]], worn.second, rows=5, columns=10)


def hat_crown(head: HeadMap, worn: Headwear) -> Body:
    """A wall from the hem straight up, a top with a dent along the middle, a ribbon around the foot."""
    ring = hem_ring(head, worn, AZIMUTH, worn.thick) - (0.0, 1.5, 0.0)  # into the brim
    inside = hem_ring(head, worn, AZIMUTH, 0.4)
    top = head.place[0, 0, 1] + worn.crown
    middle = ring.mean(0)
    foot = worn.cuff / (top - middle[1])  # the ribbon's upper edge, as a share of the wall
    wall = np.concatenate([np.linspace(0, foot, 4), np.linspace(foot + 0.02, 1, 9)])[:, None, None]
    roof = np.linspace(1, 0, 12)[1:, None, None]
    sides = middle + (ring - middle) * (1 - 0.2 * wall**1.5)
    sides[..., 1] = ring[:, 1] + (top - ring[:, 1]) * wall[..., 0]
    heights = hem_height(worn, AZIMUTH) + np.linspace(0, 1, 9)[:-1, None] * (114.0 - hem_height(worn, AZIMUTH))
    skull = np.stack([head.at(head.polar_at_height(row), AZIMUTH)[0] for row in heights])
    spare = np.linalg.norm(sides[:, :, ::2] - middle[::2], axis=-1)
    need = np.linalg.norm(skull[:, :, ::2] - middle[::2], axis=-1) + worn.thick + 1.0
    need = np.stack([np.interp(sides[:, k, 1], skull[:, k, 1], need[:, k]) for k in range(COLUMNS)], 1)
    sides[..., ::2] = middle[::2] + (sides[..., ::2] - middle[::2]) * np.maximum(need / spare, 1)[..., None]
    inward = middle + (sides[-1] - middle) * roof
    inward[..., 1] = top + 5.0 * (1 - roof[..., 0] ** 2)
    dent = np.exp(-((inward[..., 0] / 16) ** 2)) * (1 - roof[..., 0] ** 4)
    inward[..., 1] -= dent * min(0.5 * worn.crown, 12.0)
    places = np.concatenate([inside[None], ring[None], sides[1:], inward])
    places = places + (worn.fold * cloth_noise(places, worn, 25.0))[..., None] * (0.3, 0.6, 0.3)
    ribbon = np.arange(len(places))[:, None, None] < 5
    colour = np.where(ribbon, worn.second, worn.colour) * (1 + 0.06 * cloth_noise(places, worn, 6.0))[..., None]
    return body(places.reshape(-1, 3), lattice(len(places), COLUMNS, True), colour.reshape(-1, 3))


def brim(head: HeadMap, worn: Headwear) -> Body:
    """A disc around the hem; its sides curl."""
    azimuth = AZIMUTH[::-1]
    inner = hem_ring(head, worn, azimuth, worn.thick - 0.5)
    out = np.linspace(-0.04, 1, 7)[:, None]
    droop = np.radians(worn.droop_deg)
    outward = np.stack([np.sin(azimuth), 0 * azimuth, np.cos(azimuth)], 1)
    top = inner + (out * worn.brim * np.cos(droop))[..., None] * outward
    top[..., 1] += -out * worn.brim * np.sin(droop) + worn.curl * out.clip(0, 1) ** 2 * np.abs(np.sin(azimuth)) ** 2
    return sheet(top, top - (0.0, 2.0, 0.0), worn.colour, around=True)
