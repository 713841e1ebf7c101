"""Caps, beanies, hats, headscarves, turbans and bands, riding on the scalp of a drawn head.

Everything is designed on the head's map (`recon.synthesis.headmap`): a hem, given by its heights on the template in
front, at the sides and behind, and a surface that rises from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, grey_dilation
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.faces.noise import solid_noise
from recon.render.parts import Part
from recon.synthesis.clearance import template_places
from recon.synthesis.headmap import AZIMUTH, COLUMNS, HeadMap, head_map
from recon.synthesis.solids import Body, as_part, body, lattice, rounded_box, sheet, unit

KINDS = ("cap", "beanie", "hat", "headscarf", "turban", "band")
SHARES = (0.30, 0.24, 0.16, 0.14, 0.06, 0.10)
RISE = 24  # rows from the hem to the top
CLOSE_ROWS = np.array(
    [-1.0, 0.01, 0.15, 0.6, 1.5, 3.0]
)  # mm under the upper end of a headscarf's opening, where it is round
CROWN_MM = 150.0  # length of those, about


@dataclass(frozen=True)
class Headwear:
    """Something drawn to wear on a head. Lengths in mm; colours linear RGB.

    Attributes:
        kind: one of KINDS.
        front, side, back: heights of the hem on the template.
        thick: of the stuff; fold: height of its folds.
        crown: how far the top stands over the scalp; slouch: how far a beanie's top hangs back.
        cuff: height of a beanie's turned-up hem, of a hat's ribbon and of a band.
        brim: length of visor or brim; droop_deg: how far it points down; curl: how far its sides bend, up is positive.
        turn_deg: azimuth of the visor.
        colour, second: of the stuff, and of stripes, ribbon and visor; stripes: their number from hem to top.
        offset: (3,) shift of the noise, in cells. gloss, roughness: of the stuff.
    """

    kind: str
    front: float
    side: float
    back: float
    thick: float
    fold: float
    crown: float
    slouch: float
    cuff: float
    brim: float
    droop_deg: float
    curl: float
    turn_deg: float
    colour: tuple[float, float, float]
    second: tuple[float, float, float]
    stripes: int
    offset: tuple[float, float, float]
    gloss: float
    roughness: float


def draw_headwear(rng: np.random.Generator) -> Headwear:
    """A broad mix; the same generator state gives the same piece."""
    kind = str(rng.choice(KINDS, p=SHARES))
    colour, second = dye(rng), dye(rng)
    front, side, back = {
        "cap": (rng.uniform(38, 52), rng.uniform(12, 20), rng.uniform(-22, 0)),
        "beanie": (rng.uniform(36, 58), rng.uniform(8, 24), rng.uniform(-40, -10)),
        "hat": (rng.uniform(38, 54), rng.uniform(16, 24), rng.uniform(0, 18)),
        "headscarf": (rng.uniform(36, 58), 0.0, 0.0),
        "turban": (rng.uniform(36, 50), rng.uniform(8, 20), rng.uniform(-20, 0)),
        "band": (rng.uniform(36, 50), rng.uniform(16, 28), rng.uniform(-5, 15)),
    }[kind]
    bucket = rng.random() < 0.35
    return Headwear(
        kind=kind,
        front=float(front),
        side=float(side),
        back=float(back),
        thick=float(rng.uniform(1.5, 3.0) if kind in ("cap", "hat") else rng.uniform(2.0, 4.0)),
        fold=float(rng.uniform(1.5, 4.0) if kind == "headscarf" else rng.uniform(0.2, 1.2)),
        crown=float({"hat": rng.uniform(4, 18), "turban": rng.uniform(14, 28)}.get(kind, rng.uniform(2, 10))),
        slouch=float(rng.uniform(15, 45) if rng.random() < 0.4 else rng.uniform(0, 12)),
        cuff=float(rng.uniform(25, 60) if kind in ("band", "beanie") and rng.random() < 0.6 else rng.uniform(14, 28)),
        brim=float(rng.uniform(58, 76) if kind == "cap" else rng.uniform(38, 60) if bucket else rng.uniform(40, 78)),
        droop_deg=float(
            rng.uniform(8, 24) if kind == "cap" else rng.uniform(25, 48) if bucket else rng.uniform(-4, 12)
        ),
        curl=float(rng.uniform(-16, -3) if kind == "cap" else 0.0 if bucket else rng.normal(4, 9)),
        turn_deg=float(180.0 if rng.random() < 0.12 else rng.normal(0, 3)),
        colour=colour,
        second=second if rng.random() < 0.5 else colour,
        stripes=int(rng.integers(2, 9)),
        offset=rgb(rng.uniform(0, 47, 3)),
        gloss=float(rng.uniform(0.0, 0.25) if kind != "headscarf" else rng.uniform(0.0, 0.8)),
        roughness=float(rng.uniform(0.5, 0.9)),
    )


def dye(rng: np.random.Generator) -> tuple[float, float, float]:
    """Dark, grey, pale and coloured cloth."""
    kind = rng.random()
    if kind < 0.35:
        return rgb(rng.uniform(0.01, 0.06) * (1 + rng.uniform(-0.3, 0.3, 3)))
    if kind < 0.6:
        return rgb(rng.uniform(0.1, 0.75) * (1 + rng.uniform(-0.08, 0.08, 3)))
    vivid = rng.uniform(0.02, 0.6, 3) ** rng.uniform(0.8, 1.6)
    return rgb(vivid.mean() + rng.uniform(0.3, 0.9) * (vivid - vivid.mean()))


def rgb(values: np.ndarray) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


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
    """(n,) bool: vertices of the head that lie under the piece, at least `margin_mm` above its hem; hair there hides."""
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


def hem_height(worn: Headwear, azimuth: np.ndarray) -> np.ndarray:
    """Height of the hem on the template: through front, side and back, smoothly in between."""
    ahead = np.cos(azimuth)
    return worn.side + np.where(ahead > 0, worn.front - worn.side, worn.back - worn.side) * ahead**2


def cloth_noise(places: np.ndarray, worn: Headwear, cell: float | tuple[float, float, float]) -> np.ndarray:
    """(...) of places (..., 3)."""
    flat = torch.from_numpy(places.reshape(-1, 3).T.astype(np.float32).copy())
    return solid_noise(flat, cell, worn.offset)[0].double().numpy().reshape(places.shape[:-1])


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
    heights = hem_height(worn, AZIMUTH) + np.linspace(0, 1, 6)[:-1, None] * (105.0 - hem_height(worn, AZIMUTH))
    skull = np.stack([head.at(head.polar_at_height(row), AZIMUTH)[0] for row in heights])
    spare = np.linalg.norm(sides[:, :, ::2] - middle[::2], axis=-1)
    need = np.linalg.norm(skull[:, :, ::2] - middle[::2], axis=-1) + worn.thick
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


def face_opening(worn: Headwear, height: np.ndarray) -> np.ndarray:
    """Half the azimuth of a headscarf's opening at heights on the template: an oval from the hem to under the chin."""
    bottom = -122.0
    middle, half = (worn.front + bottom) / 2, (worn.front - bottom) / 2
    narrow = 1 - 0.25 * np.clip((-50 - height) / 70, 0, 1)  # along the jaw
    return np.radians(52) * narrow * np.clip(1 - np.abs((height - middle) / half) ** 2.4, 0, 1) ** 0.5


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
    ears = gaussian_filter(grey_dilation(ears, (5, 9)), (2.0, 3.0))
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
    ids[np.ix_(shut, [0, columns - 2, columns - 1])] = ids[shut, 1][:, None]
    triangles = ids.reshape(-1)[lattice(rows, columns, False)]
    a, b, c = triangles.T
    triangles = triangles[(a != b) & (b != c) & (c != a)]
    used = np.zeros(rows * columns, bool)
    used[triangles] = True
    return body(places.reshape(-1, 3)[used], (np.cumsum(used) - 1)[triangles], colour.reshape(-1, 3)[used])
