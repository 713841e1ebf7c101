"""Glasses as geometry, placed on the nose and the ears of a drawn head.

A pair is designed flat, in the plane (u, v) of its front (u to the head's left, v up, mm), bent over a cylinder,
tilted, and pushed forward until it clears the skin; the temples run like a taut string past the head to the ears.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.people.noise import solid_noise
from recon.people.part import Part
from recon.people.worn.clearance import HeightField, ears_of, front_field, side_field, taut
from recon.people.worn.glasses_design import Glasses, draw_glasses, outline
from recon.people.worn.solids import Body, as_part, body, cross, lattice, rounded_box, tube, unit

__all__ = ["Glasses", "draw_glasses", "glasses_parts"]

CLEARANCE_MM = 1.2
HEAD_WIDTH_MM = 141.0  # between landmarks 0 and 16 of the head that the lengths below are for
LENS_HALF_MM = 0.8
SLIDES_MM = (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
TEMPLE_END_DEG = 62.0


def glasses_parts(model: FaceModel, vertices: Tensor, glasses: Glasses) -> list[Part]:
    """The frame and the two lenses on a drawn head.

    Args:
        vertices: (n, 3) float32 mm, the drawn head in its own frame, expression and all.

    Returns:
        [frame, lenses]; a lens lets transmission * albedo of the light behind it through.
    """
    front = Front.on(model, vertices, glasses)
    frame = [*rims(front), *bridges(front), *pads(front)]
    for side in (1.0, -1.0):
        frame.append(temple(front, model, vertices, side))
    region = REGIONS.index("glasses")
    return [
        as_part(region, [painted(bar, glasses) for bar in frame], glasses.gloss, glasses.roughness),
        as_part(region, [lens(front, side) for side in (1.0, -1.0)], 2.0, 0.12, 0.92),
    ]


@dataclass(frozen=True)
class Front:
    """The bent and tilted front of a pair, placed on a head.

    Attributes:
        glasses: what was drawn; scale: the head's width over the average.
        origin: (3,) mm, the point between the lenses.
        edge: (OUTLINE, 2) mm, the left lens's outline in the front's plane.
        skin: the face's z over (x, y).
    """

    glasses: Glasses
    scale: float
    origin: np.ndarray
    edge: np.ndarray
    skin: HeightField

    @classmethod
    def on(cls, model: FaceModel, vertices: Tensor, glasses: Glasses) -> Front:
        marks = vertices[model.landmarks].double().numpy()
        scale = float(np.clip((marks[16, 0] - marks[0, 0]) / HEAD_WIDTH_MM, 0.85, 1.2))
        edge = outline(glasses) * scale
        edge = edge + (scale * glasses.bridge / 2 - edge[:, 0].min(), 0.0)
        eyes = marks[36:48].mean(0)
        origin = np.array([marks[27, 0], eyes[1] - scale * glasses.drop_mm, 0.0])
        return cls(glasses, scale, origin, edge, front_field(model, vertices, -50.0, 45.0)).settled()

    def settled(self) -> Front:
        """The same front where rims, bridge and lenses clear the skin: as near to the face as sliding a little along
        the nose lets it come."""
        thick = self.glasses.rim_mm * (self.glasses.rim != "none")
        middle = self.edge.mean(0)
        grown = 1 + 2 * (thick / 2 + 1.0) / np.ptp(self.edge, axis=0)
        lens = np.concatenate([middle + (self.edge - middle) * share for share in (grown, 1.0, 0.8, 0.5)])
        bridge = [self.bridge_line(height) - (0.0, under) for height in self.bridge_heights() for under in (0.0, 2.5)]
        flat = self.at(np.concatenate([lens, lens * (-1, 1), *bridge]))
        slides = np.array(SLIDES_MM)
        skin = self.skin.at(flat[:, 0], flat[:, 1] + slides[:, None])
        push = (skin - flat[:, 2]).max(1) + max(self.glasses.depth_mm / 2, LENS_HALF_MM) + CLEARANCE_MM
        best = int(np.argmin(push + 0.6 * np.abs(slides)))
        return replace(self, origin=self.origin + (0.0, slides[best], push[best]))

    def at(self, places: np.ndarray, forward: np.ndarray | float = 0.0) -> np.ndarray:
        """(..., 2) places in the front's plane, and mm in front of it -> (..., 3) mm on the head."""
        u, v = places[..., 0], places[..., 1]
        tilt = np.radians(self.glasses.tilt_deg)
        bent = forward - u**2 / (2 * self.glasses.wrap_mm) - v**2 / 500
        return self.origin + np.stack(
            [u, v * np.cos(tilt) - bent * np.sin(tilt), v * np.sin(tilt) + bent * np.cos(tilt)], -1
        )

    def bridge_heights(self) -> list[float]:
        """v of the bridges: one a little above the middle; with a bar another along the top."""
        top = float(self.edge[:, 1].max())
        return [0.30 * top, 0.88 * top] if self.glasses.bar else [0.36 * top]

    def bridge_line(self, height: float) -> np.ndarray:
        """(11, 2) from the right lens to the left, arched."""
        inner = self.edge[self.edge[:, 0] < self.edge[:, 0].mean()]
        order = np.argsort(inner[:, 1])
        reach = float(np.interp(height, inner[order, 1], inner[order, 0]))
        t = np.linspace(-1, 1, 11)
        arch = 0.10 if height > 0.6 * self.edge[:, 1].max() else 0.22
        return np.stack([t * reach, height + arch * reach * (1 - t**2)], 1)


def rims(front: Front) -> list[Body]:
    glasses = front.glasses
    if glasses.rim == "none":
        return []
    edge = front.edge
    half = np.array([glasses.rim_mm / 2, glasses.depth_mm / 2])
    closed = glasses.rim == "full"
    if not closed:
        first = int(np.argmin(np.abs(np.arctan2(edge[:, 1], edge[:, 0] - edge[:, 0].mean()) + 0.15)))
        edge = np.roll(edge, -first, 0)
        angle = np.arctan2(edge[:, 1], edge[:, 0] - edge[:, 0].mean())
        edge = edge[(angle > -0.2) | (angle < -np.pi + 0.2)]
    made = []
    for side in (1.0, -1.0):
        path = front.at(edge * (side, 1.0))
        outward = np.concatenate([unit(edge - front.edge.mean(0)) * (side, 1.0), np.zeros((len(edge), 1))], 1)
        made.append(tube(path, half, outward, glasses.colour, closed))
    return made


def bridges(front: Front) -> list[Body]:
    glasses = front.glasses
    thick = glasses.rim_mm if glasses.metal else max(glasses.rim_mm, 3.0)
    half = np.array([thick / 2, glasses.depth_mm / 2 * 0.9])
    up = np.array([0.0, 1.0, 0.0])
    return [tube(front.at(front.bridge_line(v)), half, up, glasses.colour) for v in front.bridge_heights()]


def pads(front: Front) -> list[Body]:
    """Nose pads on thin arms, laid on the flanks of the nose; frames of plastic sit on their bridge."""
    glasses, skin = front.glasses, front.skin
    if not glasses.metal:
        return []
    made = []
    for side in (1.0, -1.0):
        v = -0.08 * glasses.height * front.scale
        inner = front.edge[np.argmin(front.edge[:, 0] + 0.3 * np.abs(front.edge[:, 1] - v))]
        x, y, _ = front.at(np.array([side * (inner[0] - 1.5), v - 2.0]))
        slope_x, slope_y = ((skin.at(x + dx, y + dy) - skin.at(x - dx, y - dy)) / 4 for dx, dy in ((2.0, 0), (0, 2.0)))
        normal = unit(np.array([-slope_x, -slope_y, 1.0]))
        centre = np.array([x, y, float(skin.at(x, y))]) + normal * (CLEARANCE_MM + 0.7)
        along = unit(cross(normal, cross(np.array([0.0, 1.0, -0.3]), normal)))
        axes = np.stack([cross(along, normal) * 2.4, normal * 0.8, along * 4.5])
        made.append(rounded_box(centre, axes, (0.45, 0.42, 0.38), rows=6, columns=8))
        start = front.at(inner * (side, 1.0))
        middle = (start + centre) / 2 + (0.0, 0.0, 1.2)
        t = np.linspace(0, 1, 5)[:, None]
        arm = (1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * (centre + normal * 0.6)
        made.append(tube(arm, np.array([0.45, 0.45]), np.array([0.0, 1.0, 0.0]), glasses.colour, section=5))
    return made


def temple(front: Front, model: FaceModel, vertices: Tensor, side: float) -> Body:
    """From the outer end of the front past the head, over the ear, down behind it; made on the left, then mirrored."""
    glasses = front.glasses
    thick, tall = (0.6 if glasses.metal else 1.1), glasses.temple_mm / 2  # half
    low = min(tall, 0.5 + 0.4 * tall)  # half the height on the ear
    skull = side_field(model, vertices, side)
    ear = vertices[ears_of(model) & (vertices[:, 0] * side > 0)].double().numpy() * (side, 1, 1)
    lift = ear[:, 0] - skull.at(ear[:, 2], ear[:, 1])
    lane = (lift > 1.0) & (lift < 2 * thick + 2 * CLEARANCE_MM + 2.0)  # the pinna's part that the temple meets

    outer = front.edge[np.argmax(front.edge[:, 0] - 0.15 * np.abs(front.edge[:, 1] - 0.45 * front.edge[:, 1].max()))]
    start = front.at(outer * (side, 1.0)) * (side, 1, 1)
    corner = np.linspace(0, np.pi / 2, 5)[:, None]
    turn = start + np.array([front.scale * 1.5 + thick, 0.0, 0.0]) + np.sin(corner) * (3.0, 0, 0)
    turn = turn - (1 - np.cos(corner)) * (0, 0, 4.0)
    hinge = turn[-1]
    arm = around_ear(hinge[[2, 1]], ear[lane][:, [2, 1]], low + CLEARANCE_MM)
    need = np.max([skull.at(arm[:, 0], arm[:, 1] + d) for d in (-low, low)], 0) + thick + CLEARANCE_MM
    need[0] = hinge[0]
    over = int(np.argmin(arm[:, 0] > ear[lane, 2].max()))  # the string is held by the hinge and by the ear
    need[: over + 1] = taut(-arm[: over + 1, 0], need[: over + 1])
    path = np.concatenate([start[None], turn[:-1], np.stack([need, arm[:, 1], arm[:, 0]], 1)])
    knots = [0, len(turn) + 6, len(turn) + over, len(path)]
    half = np.stack([np.interp(np.arange(len(path)), knots, [tall, tall, low, low]), np.full(len(path), thick)], 1)
    return tube(path * (side, 1, 1), half, np.array([0.0, 1.0, 0.0]), glasses.colour)


def around_ear(hinge: np.ndarray, ear: np.ndarray, away_mm: float) -> np.ndarray:
    """A string from the hinge (2,) over the points of an ear (k, 2) and down behind them, all in the plane (z, y).

    Its pieces are supporting lines of the ear, `away_mm` off, ever steeper.

    Returns:
        (m, 2) places, the hinge first.
    """
    offset = hinge - ear
    distance = np.linalg.norm(offset, axis=1)
    first = float((np.arctan2(offset[:, 1], offset[:, 0]) - np.arcsin(away_mm / distance)).min())
    angle = np.linspace(first, np.radians(TEMPLE_END_DEG), 8)
    normal = np.stack([-np.sin(angle), np.cos(angle)], 1)
    reach = (normal @ ear.T).max(1) + away_mm
    bends = np.linalg.solve(np.stack([normal[:-1], normal[1:]], 1), np.stack([reach[:-1], reach[1:]], 1)[..., None])[
        ..., 0
    ]
    straight = hinge + (bends[0] - hinge) * np.linspace(0, 1, 20)[:-1, None]
    last = bends[-1] + np.array([-np.cos(angle[-1]), -np.sin(angle[-1])]) * np.linspace(5, 24, 4)[:, None]
    return np.concatenate([straight, bends, last])


def lens(front: Front, side: float) -> Body:
    """A thin closed sheet that fills an outline; its tint may lighten downward."""
    glasses = front.glasses
    edge, middle = front.edge, front.edge.mean(0)
    shares = np.array([1.0, 0.72, 0.4])[:, None, None]
    flat = np.concatenate([(middle + (edge - middle) * shares).reshape(-1, 2), middle[None]])
    flat = flat * (side, 1.0)
    places = np.concatenate([front.at(flat, LENS_HALF_MM), front.at(flat, -LENS_HALF_MM)])
    tint = np.array(glasses.tint)
    height = np.clip((flat[:, 1:] - edge[:, 1].min()) / np.ptp(edge[:, 1]), 0, 1)
    shade = tint ** (1 - glasses.gradient * (1 - height))
    return body(places, lens_triangles(len(edge)), np.tile(shade, (2, 1)), flip=side < 0)


@lru_cache(maxsize=4)
def lens_triangles(points: int) -> np.ndarray:
    """Three rings of points and a middle, in front and the same behind, closed along the outer rings."""
    count, rim, hub = 3 * points + 1, np.arange(points), np.arange(points) + 2 * points
    after = np.roll(rim, -1)
    fan = np.stack([hub, np.roll(hub, -1), np.full(points, count - 1)], 1)
    face = np.concatenate([lattice(3, points, True), fan])
    wall = np.stack([rim, rim + count, after, after, rim + count, after + count], 1).reshape(-1, 3)
    return np.concatenate([face, face[:, ::-1] + count, wall])


def painted(bar: Body, glasses: Glasses) -> Body:
    """A bar in the frame's colour with its tortoise pattern."""
    if glasses.pattern == 0:
        return bar
    places = torch.from_numpy(bar.vertices.T.astype(np.float32).copy())
    blotch = solid_noise(places, 7.0, glasses.offset)[0].double().numpy()[:, None]
    light = np.array((0.22, 0.10, 0.03)) * glasses.pattern
    return Body(bar.vertices, bar.triangles, bar.albedo + light / (1 + np.exp(-4 * blotch)))
