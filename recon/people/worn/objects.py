"""Things in front of a face: hands, what hands hold, scarves over the chin, surgical masks.

A thing is built about its own middle, brought to a landmark of the drawn head and pushed forward until it touches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.people.appearance import rgb
from recon.people.noise import solid_noise
from recon.people.part import Part
from recon.people.worn.clearance import CELL_MM, NOWHERE_MM, HeightField, front_field, height_field, side_field, taut
from recon.people.worn.hands import grip, open_hand
from recon.people.worn.headmap import AZIMUTH, COLUMNS, head_map
from recon.people.worn.headwear_design import dye
from recon.people.worn.solids import Body, as_part, body, lattice, rounded_box, sheet, tube

KINDS = ("hand", "phone", "cup", "microphone", "book", "scarf", "mask")
SHARES = (0.28, 0.10, 0.12, 0.14, 0.06, 0.10, 0.20)
PLACES = {  # landmarks that a thing may lie on, and how far beside and above them, mm
    "hand": ((57, 4, 0), (4, 8, 0), (12, -8, 0), (8, 0, 4), (41, -6, -20), (46, 6, -20), (19, 0, 10)),
    "phone": ((57, 12, -20), (30, 30, -10), (8, -10, 8)),
    "cup": ((57, 0, -22), (8, 6, -8)),
    "microphone": ((57, 0, 0), (57, 10, -8)),
    "book": ((8, 0, -30), (57, 0, -45)),
}
SKINS = ((0.55, 0.33, 0.24), (0.45, 0.25, 0.16), (0.30, 0.16, 0.09), (0.16, 0.075, 0.04), (0.07, 0.035, 0.02))


@dataclass(frozen=True)
class Thing:
    """A drawn thing in front of a face. Lengths in mm; colours linear RGB.

    Attributes:
        kind: one of KINDS.
        landmark: where it lies; across, above: shift from there.
        side: +1 where the hand comes from the head's left, -1 from its right.
        roll_deg: turn in the image plane; yaw_deg: turn about the upright axis.
        size: relative to the usual. curl: how far fingers bend, [0, 1].
        high, low: of a mask or scarf, shares of the way from the mouth to the eyes, and of the usual length.
        colour, second: of the thing and its details; skin: of a hand, where the head's own is not given.
        sleeve: colour. offset: (3,) shift of the noise, in cells. gloss, roughness: of the thing.
    """

    kind: str
    landmark: int
    across: float
    above: float
    side: float
    roll_deg: float
    yaw_deg: float
    size: float
    curl: float
    high: float
    low: float
    colour: tuple[float, float, float]
    second: tuple[float, float, float]
    skin: tuple[float, float, float]
    sleeve: tuple[float, float, float]
    offset: tuple[float, float, float]
    gloss: float
    roughness: float


def draw_object(rng: np.random.Generator) -> Thing:
    """A broad mix; the same generator state gives the same thing."""
    kind = str(rng.choice(KINDS, p=SHARES))
    places = PLACES.get(kind, ((57, 0, 0),))
    landmark, across, above = places[rng.integers(len(places))]
    side = 1.0 if rng.random() < 0.5 else -1.0
    if landmark in (4, 41):  # the right half of the face: mostly the right hand
        side = -1.0
    if landmark in (12, 46):
        side = 1.0
    white = rng.random() < 0.4
    colour = rgb(rng.uniform(0.55, 0.8) * np.ones(3)) if kind == "mask" and white else dye(rng)
    if kind == "mask" and not white and rng.random() < 0.6:
        colour = rgb(np.array((0.25, 0.45, 0.62)) * rng.uniform(0.8, 1.15, 3))
    if kind == "microphone":
        colour = rgb(rng.uniform(0.01, 0.05) * np.ones(3))
    return Thing(
        kind=kind,
        landmark=landmark,
        across=float(across + rng.normal(0, 5)),
        above=float(above + rng.normal(0, 5)),
        side=side,
        roll_deg=float(rng.uniform(5, 75) if kind == "hand" else rng.normal(0, 12)),
        yaw_deg=float(rng.normal(0, 14)),
        size=float(rng.uniform(0.86, 1.08)),
        curl=float(rng.uniform(0.1, 0.8)),
        high=float(rng.uniform(0.0, 0.9)),
        low=float(rng.uniform(0.8, 1.2)),
        colour=colour,
        second=dye(rng),
        skin=SKINS[rng.integers(len(SKINS))],
        sleeve=dye(rng),
        offset=rgb(rng.uniform(0, 47, 3)),
        gloss=float(rng.uniform(0.4, 2.5) if kind in ("phone", "cup", "microphone") else rng.uniform(0.1, 0.5)),
        roughness=float(rng.uniform(0.2, 0.5) if kind in ("phone", "cup", "microphone") else rng.uniform(0.5, 0.8)),
    )


def object_part(
    model: FaceModel, vertices: Tensor, thing: Thing, skin: tuple[float, float, float] | None = None
) -> Part:
    """The thing on a drawn head.

    Args:
        vertices: (n, 3) float32 mm, the drawn head in its own frame, expression and all.
        skin: linear RGB of the head's own skin, for its hand; the drawn one when None.
    """
    if thing.kind == "mask":
        bodies = surgical_mask(model, vertices, thing)
    elif thing.kind == "scarf":
        bodies = [neck_scarf(model, vertices, thing)]
    else:
        bodies = held(thing, skin or thing.skin)
        field = front_field(model, vertices)
        mark = vertices[model.landmarks[thing.landmark]].double().numpy()
        bodies = against(bodies, field, mark[:2] + (thing.across, thing.above), turn(thing))
    return as_part(REGIONS.index("object"), bodies, thing.gloss, thing.roughness)


def turn(thing: Thing) -> np.ndarray:
    """(3, 3) rotation: roll in the image plane toward the hand's side, then yaw."""
    roll, yaw = np.radians(thing.roll_deg) * thing.side, np.radians(thing.yaw_deg)
    in_plane = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    upright = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    return upright @ in_plane


def against(bodies: list[Body], skin: HeightField, place: np.ndarray, rotation: np.ndarray) -> list[Body]:
    """Bodies about the origin turned, brought to place (x, y) and forward until the first of them touches the skin."""
    turned = [Body(one.vertices @ rotation.T + (*place, 0.0), one.triangles, one.albedo) for one in bodies]
    joint = as_part(0, turned, 0.0, 1.0)
    rows, columns = skin.height.shape
    high = (skin.low[0] + columns * CELL_MM, skin.low[1] + rows * CELL_MM)
    back = -height_field(joint.vertices, joint.triangles, (0, 1, 2), -1.0, skin.low, high).height
    forward = float((skin.height - back)[(back < -NOWHERE_MM) & (skin.height > NOWHERE_MM)].max(initial=-20.0)) + 0.5
    return [Body(one.vertices + (0.0, 0.0, forward), one.triangles, one.albedo) for one in turned]


def held(thing: Thing, skin: tuple[float, float, float]) -> list[Body]:
    """A hand alone or around what it holds, about the point that lies on the landmark."""
    s, side = thing.size, thing.side
    upright = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]])  # poles up
    if thing.kind == "hand":
        return open_hand(s, side, thing.curl, skin, thing.sleeve)
    if thing.kind == "phone":
        case = rounded_box(np.zeros(3), np.diag([36.0, 75.0, 4.2]) * s, thing.colour, 7.0, rows=14, columns=24)
        lens = rounded_box(np.array([-20.0, 56.0, 4.5]) * s, np.diag([11.0, 13.0, 1.6]) * s, (0.02, 0.02, 0.02), 5.0)
        return [case, lens, *grip(30.0 * s, 8.0 * s, -42.0 * s, side, skin, thing.sleeve)]
    if thing.kind == "cup":
        axes = upright * np.array([[39.0], [39.0], [48.0]]) * s
        band = rounded_box(np.array([0, -6.0, 0]), axes * [[1.02], [1.02], [0.5]], thing.second, 2.0, 14.0, 8, 28)
        cup = rounded_box(np.zeros(3), axes, thing.colour, 2.0, 14.0, rows=14, columns=28)
        return [cup, band, *grip(39.0 * s, 39.0 * s, -8.0 * s, side, skin, thing.sleeve)]
    if thing.kind == "microphone":
        ball = rounded_box(np.zeros(3), upright * 25.0 * s, (0.10, 0.10, 0.105), 2.0, rows=12, columns=20)
        ring = rounded_box(np.array([0, -22.0, 0]) * s, upright * [[21.0], [21.0], [4.0]] * s, thing.second, 2.0, 8.0)
        stick = rounded_box(np.array([0, -90.0, 0]) * s, upright * [[14.0], [14.0], [72.0]] * s, thing.colour, 2.0, 9.0)
        return [ball, ring, stick, *grip(14.0 * s, 14.0 * s, -85.0 * s, side, skin, thing.sleeve)]
    book = rounded_box(np.zeros(3), np.diag([72.0, 95.0, 9.0]) * s, thing.colour, 12.0, rows=14, columns=24)
    label = rounded_box(np.array([0, 25.0, 8.0]) * s, np.diag([48.0, 22.0, 1.6]) * s, thing.second, 10.0)
    return [book, label, *grip(66.0 * s, 10.0 * s, -60.0 * s, side, skin, thing.sleeve)]


def surgical_mask(model: FaceModel, vertices: Tensor, thing: Thing) -> list[Body]:
    """A cloth pulled taut over nose, cheeks and chin, with pleats, and loops to the ears."""
    field = front_field(model, vertices)
    marks = vertices[model.landmarks].double().numpy()
    wide = (marks[14, 0] - marks[2, 0]) / 2
    top = marks[30, 1] + (0.35 + 0.55 * thing.high) * (marks[27, 1] - marks[30, 1])
    rows, columns = 26, 33
    down, across = np.linspace(1, 0, rows)[:, None], np.linspace(-1, 1, columns)[None]  # from the chin up
    half = wide * (0.80 + 0.10 * np.sin(np.pi * down) - 0.20 * down**4)
    x = marks[27, 0] + half * across
    y = top + (marks[8, 1] + 3.0 - top) * down * thing.low**0.15 - 7.0 * across**2 * (1 - down)
    skin = np.maximum(field.at(x, y), marks[8, 2] - 32.0)
    z = np.stack([taut(x[k], skin[k]) for k in range(rows)])
    z = np.stack([taut(y[:, k], z[:, k]) for k in range(columns)], 1)
    z = np.maximum(gaussian_filter1d(z, 1.2, axis=1, mode="nearest"), skin - 0.8)
    pleat = 1.3 * (1 - across**4) * (np.abs(((down * 6) % 1) - 0.5) - 0.25) * (np.abs(down - 0.5) < 0.34)
    front = np.stack([x, y + 0 * x, z + 2.4 + pleat], -1)
    tone = 1 + 0.10 * np.sign(pleat) * (pleat != 0) * np.ones_like(x)
    colour = np.array(thing.colour) * tone[..., None]
    bodies = [sheet(front, front - (0.0, 0.0, 0.9), colour)]
    for side, edge in ((1.0, -1), (-1.0, 0)):
        skull = side_field(model, vertices, side, -115.0)
        ear = vertices[(model.region == REGIONS.index("ears")) & (vertices[:, 0] * side > 0)].double().numpy()
        for row, height in ((-2, 0.9), (1, 0.35)):
            start = front[row, edge]
            goal = np.array([0.0, np.quantile(ear[:, 1], height), np.quantile(ear[:, 2], 0.75)])
            t = np.linspace(0, 1, 16)
            path = start + (goal - start) * t[:, None]
            need = skull.at(path[:, 2], path[:, 1]) + 1.3
            need[0] = side * start[0]
            path[:, 0] = side * taut(t, need)
            bodies.append(tube(path, np.array([0.7, 0.7]), np.array([0.0, 1.0, 0.0]), (0.7, 0.7, 0.7), section=5))
    return bodies


def neck_scarf(model: FaceModel, vertices: Tensor, thing: Thing) -> Body:
    """Rolls of cloth around the neck, up over the chin, at most to the nose."""
    head = head_map(model, vertices)
    top = -96.0 + 42.0 * thing.high
    levels = np.stack(
        [head.at(head.polar_at_height(np.full(COLUMNS, h)), AZIMUTH)[0] for h in np.linspace(top, -118, 5)]
    )
    axis = np.array([0.0, -70.0])
    reach = np.linalg.norm(levels[..., ::2] - axis, axis=-1).max(0)
    reach = gaussian_filter1d(np.maximum(reach, 78.0), 2.0, mode="wrap")
    t = np.linspace(0, 1, 30)[:, None]  # up the outside
    roll = 12.0 * np.abs(np.sin(np.pi * (2.6 * t + 0.25 * np.sin(AZIMUTH)))) ** 0.7
    away = reach * (1.1 - 0.1 * t) + 5.0 + roll
    rim = levels[0, :, 1]
    tilt = rim.mean() + (rim - rim.mean()) * 0.8 - 14.0 * (1 - np.cos(AZIMUTH)) / 2
    height = -215.0 + (tilt + 215.0) * t
    places = np.stack([away * np.sin(AZIMUTH), height, axis[1] + away * np.cos(AZIMUTH)], -1)
    lip = places[-1] - np.stack([np.sin(AZIMUTH), 0.4 + 0 * AZIMUTH, np.cos(AZIMUTH)], 1) * [[9.0, 22.0, 9.0]]
    places = np.concatenate([places, lip[None]])
    noise = solid_noise(
        torch.from_numpy(places.reshape(-1, 3).T.astype(np.float32).copy()), (22.0, 9.0, 22.0), thing.offset
    )
    noise = noise[0].double().numpy().reshape(places.shape[:2])
    places[..., ::2] *= (1 + 0.025 * noise)[..., None]
    colour = np.where((np.arange(len(places)) % 6 == 0)[:, None, None], thing.second, thing.colour)
    colour = colour * (1 + 0.08 * noise)[..., None]
    return body(places.reshape(-1, 3), lattice(len(places), COLUMNS, True), colour.reshape(-1, 3))
