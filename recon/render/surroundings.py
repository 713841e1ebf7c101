"""Draw the light about a head from an environment: studio, room or open air."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from recon.render.environment import Colour, Environment, Lamp, Outdoors, Room, Studio
from recon.render.harmonics import harmonics, map_directions, polynomials
from recon.render.lighting import KeyLight, Lighting

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
LIGHTS = 3  # directional ones at most
BALANCED = 0.8  # share of the colour of a place, as a power, that cameras take away
# Where a face in front of us looks: straight, and obliquely to each side.
FACING = np.array([[0, 0, 1], [0.6, 0, 0.8], [-0.6, 0, 0.8], [0, 0.6, 0.8], [0, -0.6, 0.8]])


@dataclass(frozen=True)
class Key:
    """The light that is drawn first. hard: it is small. strength: irradiance. ambient: what all else adds on a face."""

    direction: Colour
    hard: bool
    strength: float
    ambient: float


def draw_surroundings(rng: np.random.Generator, where: KeyLight, calm: float = 0.0) -> Lighting:
    """Lighting from a drawn environment, its levels those of `recon.render.lighting.draw_lighting`.

    Args:
        where: the strongest light's direction and strength. calm: nearer to 1, studios with plain backdrops alone.
    """
    hard = bool(rng.random() < 0.35)
    strength = where.strength * (rng.uniform(0.5, 1.0) if hard else rng.uniform(0.25, 0.7))
    ambient = rng.uniform(0.25, 0.55) if hard else rng.uniform(0.4, 0.75)
    yaw = np.clip(rng.normal(where.yaw_mean_deg, where.yaw_sd_deg), -95, 95)
    pitch = np.clip(rng.normal(where.pitch_mean_deg, where.pitch_sd_deg), -25, 75)
    key = Key(toward(yaw, pitch), hard, strength, ambient)
    kind = rng.random() * (1 - calm)
    draw: Callable = draw_studio if kind < 0.35 else draw_room if kind < 0.7 else draw_outdoors
    place, lamps = draw(rng, key)
    first, others = lamps[0], sorted(lamps[1:], key=lambda lamp: -max(lamp.colour))
    environment = Environment(
        place=place,
        lamps=(first, *others),
        taken=min(len(lamps), LIGHTS),
        blur=float(0.045 * rng.beta(1.2, 2.0)),
        detail=float((1 - calm) * rng.random()),
        seed=int(rng.integers(2**31)),
    )
    taken = [(lamp, lamp.share_taken()) for lamp in environment.lamps[: environment.taken]]
    black = (0.0, 0.0, 0.0)
    return Lighting(
        sky=black,
        ground=black,
        side=black,
        side_direction=(0.0, 0.0, 1.0),
        directions=tuple(lamp.direction for lamp, _ in taken),
        colours=tuple(colour(share * np.array(lamp.colour)) for lamp, share in taken),
        spreads=tuple(float(np.sqrt(lamp.solid_angle() / np.pi)) for lamp, _ in taken),
        environment=environment,
    )


def draw_studio(rng: np.random.Generator, key: Key) -> tuple[Studio, list[Lamp]]:
    """Softboxes in a dim room, one from behind as often as not, and a backdrop lit as its owner likes."""
    size = rng.uniform(0.05, 0.15) if key.hard else rng.uniform(0.15, 0.5)
    lamps = [Lamp(key.direction, size, size * rng.uniform(0.6, 1.4), rng.random() < 0.3, tinted(rng, key.strength, 8))]
    if rng.random() < 0.6:  # a fill, or a reflector below
        below = rng.random() < 0.3
        direction = toward(rng.uniform(-100, 100), rng.uniform(-50, -25) if below else rng.uniform(-5, 35))
        fill = rng.uniform(0.1, 0.5) * key.strength
        lamps.append(Lamp(direction, rng.uniform(0.2, 0.6), rng.uniform(0.2, 0.6), False, tinted(rng, fill, 10)))
    if rng.random() < 0.55:
        lamps += rims(rng, key, both=rng.random() < 0.4)
    tone = rng.choice([rng.uniform(0.01, 0.12), rng.uniform(0.12, 0.4), rng.uniform(0.4, 1.0)], p=[0.35, 0.5, 0.15])
    hue = np.exp(rng.normal(0, 1, 3) * rng.choice([0.05, 0.35], p=[0.5, 0.5]))
    studio = Studio(
        above=tinted(rng, rng.uniform(0.6, 1.6), 15),
        around=tinted(rng, 1.0, 15),
        below=tinted(rng, rng.uniform(0.3, 0.9), 25),
        backdrop=(0.0, 0.0, 0.0),
        spot=(float(rng.normal(0, 0.15)), float(rng.normal(0, 0.15))),
        fall=float(rng.choice([0.0, rng.uniform(0.5, 12)])),
    )
    gain = gain_for(studio, key.ambient)
    room = {name: colour(gain * np.array(getattr(studio, name))) for name in ("above", "around", "below")}
    backdrop = tone * hue / (hue @ LUMINANCE) * (key.strength + key.ambient)
    return replace(studio, **room, backdrop=colour(backdrop)), lamps


def draw_room(rng: np.random.Generator, key: Key) -> tuple[Room, list[Lamp]]:
    """Walls lit by a window or a lamp, the other lamps of the room, a window behind at times."""
    day = rng.random() < 0.6
    mired = 0.0 if day else rng.uniform(20, 60)  # lamps are warmer than what cameras take for white
    size = rng.uniform(0.06, 0.16) if key.hard else rng.uniform(0.2, 0.6)
    first = Lamp(key.direction, size, size * rng.uniform(0.7, 1.6), not day, tinted(rng, key.strength, 8, mired / 3))
    lamps = [first]
    for _ in range(int(rng.integers(0, 3))):  # in the ceiling
        direction = toward(rng.uniform(-180, 180), rng.uniform(35, 75))
        strength = rng.uniform(0.05, 0.3) * key.strength
        lamps.append(Lamp(direction, rng.uniform(0.06, 0.3), 0.1, rng.random() < 0.5, tinted(rng, strength, 10, 30)))
    if rng.random() < 0.3:  # a window to one side behind, which may be in the picture
        direction = toward(rng.choice([-1, 1]) * rng.uniform(115, 172), rng.uniform(-5, 15))
        strength = rng.uniform(0.3, 1.2) * key.strength
        lamps.append(
            Lamp(direction, rng.uniform(0.12, 0.35), rng.uniform(0.2, 0.5), False, tinted(rng, strength, 10, -25))
        )
    walls = rng.uniform(0.15, 0.8) * np.exp(rng.normal(0, 1, 3) * rng.choice([0.04, 0.2], p=[0.6, 0.4]))
    room = Room(
        low=(-rng.uniform(1, 4), -rng.uniform(1.0, 1.6), -rng.uniform(0.8, 5)),
        high=(rng.uniform(1, 4), rng.uniform(0.9, 1.8), rng.uniform(1.5, 5)),
        walls=colour(walls * warm(mired)),
        ceiling=colour(rng.uniform(0.6, 1.3) * warm(mired)),
        floor=colour(rng.uniform(0.1, 0.5) * np.exp(rng.normal(0, 0.15, 3)) * warm(mired + 30)),
        slope=colour(rng.normal([0, 0.2, 0.45], [0.3, 0.2, 0.35])),
    )
    gain = gain_for(room, key.ambient)
    lit = {name: colour(gain * np.array(getattr(room, name))) for name in ("walls", "ceiling", "floor")}
    return replace(room, **lit), lamps


def draw_outdoors(rng: np.random.Generator, key: Key) -> tuple[Outdoors, list[Lamp]]:
    """Sun, or the brightest part of an overcast sky; at times the sun behind and that part in front."""
    size = 0.08 if key.hard else rng.uniform(0.4, 0.9)
    lamps = [Lamp(key.direction, size, size, True, tinted(rng, key.strength, 6))]
    behind = not key.hard and rng.random() < 0.45
    if behind:
        lamps += rims(rng, key, both=False)
    clear = key.hard or behind or rng.random() < 0.2
    blue = rng.uniform(0.5, 1.0) if clear else rng.uniform(0.0, 0.3)
    level = 0.5 if clear else 1.0  # against what stands and lies under it
    sky = level * rng.uniform(0.8, 1.3) * np.exp(blue * np.array([-0.7, -0.1, 0.5]))
    horizon = level * rng.uniform(1.0, 1.5) * np.exp(0.3 * blue * np.array([-0.4, 0.0, 0.3]))
    green = rng.random() < 0.6
    stands = (
        np.array([0.11, 0.16, 0.06]) * rng.uniform(0.4, 1.6)
        if green
        else rng.uniform(0.1, 0.7) * warm(rng.normal(15, 20))
    )
    ground = (
        np.array([0.16, 0.21, 0.1])
        if green and rng.random() < 0.5
        else rng.uniform(0.15, 0.6) * warm(rng.normal(20, 15))
    )
    outdoors = Outdoors(
        zenith=colour(sky),
        horizon=colour(horizon),
        ground=colour(ground),
        skyline=colour(stands),
        height=float(rng.choice([rng.uniform(-0.02, 0.12), rng.uniform(0.12, 0.7)], p=[0.3, 0.7])),
        phases=tuple(float(phase) for phase in rng.uniform(0, 2 * np.pi, 9)),
        glow=float(rng.uniform(0.2, 1.5)),
        sun=lamps[-1].direction if behind else key.direction,
        clouds=float(rng.uniform(0, 0.5)),
    )
    gain = gain_for(outdoors, key.ambient)
    names = ("zenith", "horizon", "ground", "skyline")
    return replace(outdoors, **{name: colour(gain * np.array(getattr(outdoors, name))) for name in names}), lamps


def rims(rng: np.random.Generator, key: Key, both: bool) -> list[Lamp]:
    """One or two lights from behind, outside the picture."""
    side = rng.choice([-1, 1])
    found = []
    for sign in (side, -side)[: 1 + both]:
        direction = toward(sign * rng.uniform(115, 152), rng.uniform(0, 50))
        strength = rng.uniform(0.4, 1.6) * (0.3 + key.strength)
        size = rng.uniform(0.05, 0.3)
        found.append(Lamp(direction, size, size * rng.uniform(1, 2), False, tinted(rng, strength, 12)))
    return found


def gain_for(place: Studio | Room | Outdoors, ambient: float) -> np.ndarray:
    """(3,) gains that make a place give `ambient` to a face in it, and most of its colour the camera's white."""
    received = (polynomials(FACING) @ harmonics(place.radiance(map_directions()))).mean(0)
    level = received @ LUMINANCE
    return ambient / level * (level / received) ** BALANCED


def toward(yaw_deg: float, pitch_deg: float) -> Colour:
    """Unit direction of an angle to the right and one upward, 0 toward the viewer."""
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    return colour([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])


def warm(mired: float) -> np.ndarray:
    """(3,) linear RGB of luminance 1: a black body so many mireds (10^6 / K) warmer than the camera's white.

    The exponents are those of black bodies between 3000 and 6500 K in linear sRGB.
    """
    tint = np.exp(mired * np.array([0.0042, 0.0, -0.0061]))
    return tint / (tint @ LUMINANCE)


def tinted(rng: np.random.Generator, strength: float, spread: float, mired: float = 0.0) -> Colour:
    """A light's colour: near a black body, `spread` mireds about `mired`."""
    return colour(strength * warm(rng.normal(mired, spread)) * np.exp(rng.normal(0, 0.015, 3)))


def colour(values: np.ndarray | list) -> Colour:
    return tuple(float(value) for value in values)  # type: ignore[return-value]
