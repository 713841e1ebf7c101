"""The light about a head, drawn: a low-frequency sky and directional lights, or an environment in the sky's place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recon.render.config import KeyLight
from recon.render.environment import Colour, Environment


@dataclass(frozen=True)
class Lighting:
    """Radiance about a head, in units where a white diffuse surface facing `sky` alone shows it as it is.

    Attributes:
        sky, ground: colour from above and below. side: colour added from `side_direction`, all three low frequency.
        directions: toward each directional light (unit). colours: their irradiance when faced. The first casts shadows.
        spreads: angular radius of each in radians, 0 where not given.
        environment: where the light comes from, in the place of sky, ground and side; None: from those.
        irradiance: the light as a photo has it, in the place of the same: nine rows of colours, the coefficients of
            irradiance over pi in the order of `recon.render.harmonics.polynomials`; `sky` alone remains, what a window
            shows in eyes. None: not of a photo.
    """

    sky: Colour
    ground: Colour
    side: Colour
    side_direction: Colour
    directions: tuple[Colour, ...]
    colours: tuple[Colour, ...]
    spreads: tuple[float, ...] = ()
    environment: Environment | None = None
    irradiance: tuple[Colour, ...] | None = None


def draw_lighting(rng: np.random.Generator, where: KeyLight = KeyLight()) -> Lighting:
    """Mostly a soft key from the front and above, as in portraits; sometimes hard, from the side, or from a window."""

    def tinted(strength: float, spread: float) -> Colour:
        warmth = rng.normal(0, spread)
        tint = strength * np.array([1 + warmth, 1.0, 1 - warmth]) * np.exp(rng.normal(0, 0.02, 3))
        return tuple(float(c) for c in np.clip(tint, 0, None))  # type: ignore[return-value]

    def toward(yaw: float, pitch: float) -> Colour:
        yaw, pitch = np.radians(yaw), np.radians(pitch)
        return (float(np.sin(yaw) * np.cos(pitch)), float(np.sin(pitch)), float(np.cos(yaw) * np.cos(pitch)))

    hard = rng.random() < 0.35
    key = where.strength * (rng.uniform(0.5, 1.0) if hard else rng.uniform(0.2, 0.65))
    ambient = rng.uniform(0.25, 0.6) if hard else rng.uniform(0.45, 0.85)
    key_yaw = np.clip(rng.normal(where.yaw_mean_deg, where.yaw_sd_deg), -95, 95)
    key_pitch = np.clip(rng.normal(where.pitch_mean_deg, where.pitch_sd_deg), -25, 75)
    directions = [toward(float(key_yaw), float(key_pitch))]
    colours = [tinted(key, 0.08)]
    if rng.random() < 0.5:  # a fill or rim light
        directions.append(toward(float(rng.uniform(-150, 150)), float(rng.uniform(-10, 50))))
        colours.append(tinted(rng.uniform(0.05, 0.4), 0.1))
    return Lighting(
        sky=tinted(ambient, 0.07),
        ground=tinted(ambient * rng.uniform(0.3, 0.8), 0.07),
        side=tinted(ambient * rng.uniform(0.0, 0.6), 0.1),
        side_direction=toward(float(rng.uniform(-110, 110)), float(rng.uniform(-20, 40))),
        directions=tuple(directions),
        colours=tuple(colours),
    )


def draw_even_lighting(rng: np.random.Generator) -> Lighting:
    """As much light from below as from above, and a weak lamp beside the camera: nearly no shading to go by."""
    level, tint = rng.uniform(0.5, 1.0), np.exp(rng.normal(0, 0.04, 3))
    around = tuple(float(c) for c in level * tint)
    direction = np.array([*rng.normal(0, 0.3, 2), 1.0])
    lamp = tuple(float(c) for c in rng.uniform(0.02, 0.25) * tint)
    return Lighting(
        sky=around,  # type: ignore[arg-type]
        ground=around,  # type: ignore[arg-type]
        side=(0.0, 0.0, 0.0),
        side_direction=(0.0, 0.0, 1.0),
        directions=(tuple(float(c) for c in direction / np.linalg.norm(direction)),),  # type: ignore[arg-type]
        colours=(lamp,),  # type: ignore[arg-type]
    )
