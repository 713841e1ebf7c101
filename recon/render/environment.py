"""What surrounds a head: a room, the open air or a studio, with lamps in it, as radiance seen in any direction.

Directions are unit, in the camera frame: +y up, +z toward the viewer, so that -z is behind the head. Radiance is in the
units of `recon.render.lighting.Lighting`: a white surface facing an even surrounding of 1 shows 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from recon.render.harmonics import harmonics, map_directions, mirror_map

Colour = tuple[float, float, float]
GLASS_SIDE, SHEEN_SIDE = 49, 17  # texels
SHEEN_SHARPNESS = 16.0  # of the lobe in which skin and cloth mirror their surroundings


@dataclass(frozen=True)
class Lamp:
    """A soft source: a window, a softbox, the sun.

    Attributes:
        direction: unit, toward its middle. half_width, half_height: radians, below pi / 2. round: an ellipse.
        colour: its flux over pi, which is the irradiance on a surface that faces it where it is small.
    """

    direction: Colour
    half_width: float
    half_height: float
    round: bool
    colour: Colour

    def solid_angle(self) -> float:
        a, b = np.tan(self.half_width), np.tan(self.half_height)
        if self.round:  # of the round cone with the same section
            return float(2 * np.pi * (1 - 1 / np.sqrt(1 + a * b)))
        return float(4 * np.arcsin(a * b / np.sqrt((1 + a * a) * (1 + b * b))))

    def share_taken(self) -> float:
        """How much of it is to be one directional light; the rest lights as part of the map, all about it."""
        return float(np.cos(self.half_width) * np.cos(self.half_height))

    def shape(self, directions: np.ndarray, edge: float) -> np.ndarray:
        """(..., 3) -> (...) 1 where it is seen, 0 elsewhere; `edge`: radians in which it fades."""
        forward = np.array(self.direction)
        right = np.cross([0.0, 1.0, 0.0] if abs(forward[1]) < 0.95 else [0.0, 0.0, 1.0], forward)
        right /= np.linalg.norm(right)
        u, v, w = np.moveaxis(directions @ np.stack([right, np.cross(forward, right), forward]).T, -1, 0)
        front = np.maximum(w, 1e-3)
        u, v = np.abs(u) / front / np.tan(self.half_width), np.abs(v) / front / np.tan(self.half_height)
        outward = np.hypot(u, v) if self.round else np.maximum(u, v)
        fade = edge / min(self.half_width, self.half_height)
        return np.where(w > 0, np.clip((1 - outward) / fade + 0.5, 0, 1), 0)

    def radiance(self, directions: np.ndarray, edge: float) -> np.ndarray:
        brightness = np.array(self.colour, np.float32) * np.float32(np.pi / self.solid_angle())
        return self.shape(directions, edge)[..., None].astype(np.float32) * brightness


@dataclass(frozen=True)
class Room:
    """Six walls about the head, whose light falls off smoothly.

    Attributes:
        low, high: metres from the head to the walls at left, below and behind, and at right, above and in front.
        walls, ceiling, floor: radiance. slope: how its logarithm changes from one end to the other of each axis.
    """

    low: Colour
    high: Colour
    walls: Colour
    ceiling: Colour
    floor: Colour
    slope: Colour

    def radiance(self, directions: np.ndarray) -> np.ndarray:
        flat = directions.reshape(-1, 3)
        away = np.abs(flat) + 1e-6
        reach = np.where(flat > 0, np.array(self.high, np.float32), -np.array(self.low, np.float32)) / away
        order = np.sort(reach, 1)
        place = flat * order[:, :1] / np.where(flat > 0, self.high, np.negative(self.low)).astype(np.float32)
        light = np.exp(place @ np.array(self.slope, np.float32))
        light *= 1 - 0.3 * np.exp(-6 * (order[:, 1] / order[:, 0] - 1))  # darker in the corners
        surface = np.where(reach[:, 1] <= order[:, 0], np.where(flat[:, 1] > 0, 1, 2), 0)
        colours = np.array([self.walls, self.ceiling, self.floor], np.float32)
        return (colours[surface] * light[:, None]).reshape(directions.shape)


@dataclass(frozen=True)
class Outdoors:
    """Sky, ground and what stands between.

    Attributes:
        zenith, horizon, ground, skyline: radiance; the last of trees or houses, as far up as `height` radians on the
            average. phases: where its ups and downs lie. glow: about `sun`, a direction, how much brighter.
        clouds: contrast of the sky.
    """

    zenith: Colour
    horizon: Colour
    ground: Colour
    skyline: Colour
    height: float
    phases: tuple[float, ...]
    glow: float
    sun: Colour
    clouds: float

    def radiance(self, directions: np.ndarray) -> np.ndarray:
        flat = directions.reshape(-1, 3)
        up = flat[:, 1]
        grain = flat @ (np.array([[3, 1, -2], [-1, 5, 3], [4, 6, 5]], np.float32))
        cloud = 1 + self.clouds * np.sin(grain + self.phases[0]).prod(1)
        halo = 1 + self.glow * np.exp(3 * (flat @ np.array(self.sun, np.float32) - 1))
        mix = np.exp(-3 * np.maximum(up, 0))[:, None]
        sky = (mix * np.array(self.horizon) + (1 - mix) * np.array(self.zenith)) * (cloud * halo)[:, None]
        below = np.clip(-up / 0.15 + 0.5, 0, 1)[:, None]
        land = (1 - below) * np.array(self.skyline) + below * np.array(self.ground)
        covered = self.covered(flat)[:, None]
        return ((1 - covered) * sky + covered * land).astype(np.float32).reshape(directions.shape)

    def covered(self, directions: np.ndarray) -> np.ndarray:
        """(..., 3) -> (...): 1 below the skyline and 0 in the sky."""
        yaw = np.arctan2(directions[..., 0], directions[..., 2])
        waves = [np.sin((k + 1) * yaw + phase) / (k + 1) for k, phase in enumerate(self.phases)]
        height = self.height * (1 + 0.5 * np.sum(waves, 0))
        return np.clip((height - directions[..., 1]) / 0.06 + 0.5, 0, 1)


@dataclass(frozen=True)
class Studio:
    """A dim room, and a backdrop behind the head.

    Attributes:
        above, around, below: radiance from there, blended by height.
        backdrop: radiance of what stands behind, brightest at `spot` (tangents to the right and up), falling off by
            `fall` per unit of tangent squared.
    """

    above: Colour
    around: Colour
    below: Colour
    backdrop: Colour
    spot: tuple[float, float]
    fall: float

    def radiance(self, directions: np.ndarray) -> np.ndarray:
        flat = directions.reshape(-1, 3)
        up = flat[:, 1:2]
        above, around, below = (np.array(colour, np.float32) for colour in (self.above, self.around, self.below))
        room = around + np.maximum(up, 0) * (above - around) + np.maximum(-up, 0) * (below - around)
        behind = np.maximum(-flat[:, 2:], 0.05)
        x, y = flat[:, :1] / behind, up / behind
        light = 1 / (1 + self.fall * ((x - self.spot[0]) ** 2 + (y - self.spot[1]) ** 2))
        cover = np.clip((1.6 - np.maximum(np.abs(x), np.abs(y))) / 0.3, 0, 1) * (flat[:, 2:] < 0)
        return (room + cover * (light * np.array(self.backdrop, np.float32) - room)).reshape(directions.shape)


@dataclass(frozen=True)
class Environment:
    """Attributes:
    place: what surrounds the head. lamps: what shines in it, the strongest `taken` first.
    taken: so many are directional lights; a map holds what `Lamp.share_taken` leaves of them.
    blur: standard deviation of the defocus of what is seen behind, a share of the image's side.
    detail: how much there is to see there, 0 to 1. seed: of that.
    """

    place: Room | Outdoors | Studio
    lamps: tuple[Lamp, ...]
    taken: int
    blur: float
    detail: float
    seed: int

    def radiance(self, directions: np.ndarray, edge: float = 0.01) -> np.ndarray:
        """(..., 3) float32 unit -> (..., 3) float32, the lamps' edges fading over so many radians."""
        return sum((lamp.radiance(directions, edge) for lamp in self.lamps), self.place.radiance(directions))

    def taken_radiance(self, directions: np.ndarray, edge: float = 0.01) -> np.ndarray:
        """As much of `radiance` as the directional lights stand for."""
        taken = (lamp.share_taken() * lamp.radiance(directions, edge) for lamp in self.lamps[: self.taken])
        return sum(taken, np.zeros(directions.shape, np.float32))


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What kernels need of an environment: (9, 3) coefficients of `harmonics` without the directional lights; what a
    pane of glass mirrors, whole; and what rough surfaces mirror, without those lights: (N, N, 3) octahedral maps."""

    harmonics: np.ndarray
    glass: np.ndarray
    sheen: np.ndarray


PIXEL = float(np.pi / 32)  # radians; edges of lamps in a map are that wide


@lru_cache(maxsize=4)
def surroundings_of(environment: Environment) -> Surroundings:
    whole = environment.radiance(map_directions(), PIXEL)
    rest = whole - environment.taken_radiance(map_directions(), PIXEL)
    return Surroundings(harmonics(rest), mirror_map(whole, GLASS_SIDE), mirror_map(rest, SHEEN_SIDE, SHEEN_SHARPNESS))
