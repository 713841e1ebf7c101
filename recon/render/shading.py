"""Light and surface shading in linear RGB: spherical-harmonic sky, directional lights, a specular lobe, shadows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recon.faces.paint import Surface, colour

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Lighting:
    """Radiance about a head, in units where a white diffuse surface facing `sky` alone shows it as it is.

    Attributes:
        sky, ground: colour from above and below. side: colour added from `side_direction`, all three low frequency.
        directions: toward each directional light (unit). colours: their irradiance when faced. The first casts shadows.
    """

    sky: Colour
    ground: Colour
    side: Colour
    side_direction: Colour
    directions: tuple[Colour, ...]
    colours: tuple[Colour, ...]


def draw_lighting(rng: np.random.Generator) -> Lighting:
    """Mostly a soft key from the front and above, as in portraits; sometimes hard, from the side, or from a window."""

    def tinted(strength: float, spread: float) -> Colour:
        warmth = rng.normal(0, spread)
        tint = strength * np.array([1 + warmth, 1.0, 1 - warmth]) * np.exp(rng.normal(0, 0.02, 3))
        return tuple(float(c) for c in np.clip(tint, 0, None))  # type: ignore[return-value]

    def toward(yaw: float, pitch: float) -> Colour:
        yaw, pitch = np.radians(yaw), np.radians(pitch)
        return (float(np.sin(yaw) * np.cos(pitch)), float(np.sin(pitch)), float(np.cos(yaw) * np.cos(pitch)))

    hard = rng.random() < 0.35
    key = rng.uniform(0.5, 1.0) if hard else rng.uniform(0.2, 0.65)
    ambient = rng.uniform(0.25, 0.6) if hard else rng.uniform(0.45, 0.85)
    directions = [toward(float(np.clip(rng.normal(0, 38), -95, 95)), float(np.clip(rng.normal(28, 18), -25, 75)))]
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


def sky_irradiance(light: Lighting, normals: Tensor) -> Tensor:
    """Irradiance of the low-frequency sky: normals (3, P) -> (3, P).

    A sky linear in height and one cosine lobe, both kept to the second order of spherical harmonics.
    """
    sky, ground, side = (colour(values, normals) for values in (light.sky, light.ground, light.side))
    up = (normals[1] + 1) / 2
    cosine = normals.new_tensor(light.side_direction) @ normals
    lobe = 0.25 + 0.5 * cosine + 0.25 * cosine.square()  # = ((1 + cos) / 2)^2
    return ground + (sky - ground) * up + side * lobe


def shade(
    surface: Surface, normals: Tensor, view: Tensor, occlusion: Tensor, shadow: Tensor, light: Lighting
) -> Tensor:
    """Linear radiance at P points.

    Args:
        surface: P points' reflectance. normals, view: (3, P) unit, camera frame, view toward the camera.
        occlusion: (P,) ambient, 0 closed to 1 open. shadow: (L, P) share of each directional light that arrives.

    Returns:
        (3, P) float, 0 and up.
    """
    facing = (normals * view).sum(0).clamp(min=0)
    # Light that entered skin leaves it reddened where it is shadowed: occlusion closes slower for red.
    colour_occlusion = power(occlusion, colour((0.75, 1.0, 1.1), normals))
    diffuse = sky_irradiance(light, normals) * colour_occlusion
    grazing = 1 - facing
    fresnel = 0.04 + 0.35 * grazing.square().square() * grazing
    specular = sky_irradiance(light, 2 * facing * normals - view) * (0.6 * fresnel * occlusion)
    wrap = colour((0.28, 0.12, 0.08), normals) * (1 - surface.hair)
    exponent = 2 / surface.roughness.square().square() - 2
    for direction, strength, arriving in zip(light.directions, light.colours, shadow, strict=True):
        toward = normals.new_tensor(direction)
        cosine = toward @ normals
        diffuse += ((cosine + wrap) / (1 + wrap)).clamp_(min=0) * arriving * colour(strength, normals)
        half = unit(view + toward[:, None])
        lobe = power((normals * half).sum(0), exponent) * (exponent + 2) / 8
        specular += lobe * fresnel * cosine.clamp(min=0) * arriving * colour(strength, normals)
    return surface.albedo * diffuse + surface.gloss * specular


def unit(vectors: Tensor) -> Tensor:
    """(3, P) scaled to length 1; many times faster than `functional.normalize` along the first axis."""
    x, y, z = vectors
    return vectors * (x * x + y * y + z * z).clamp(min=1e-20).rsqrt()


def power(base: Tensor, exponent: Tensor) -> Tensor:
    """base ** exponent for exponents above 0, negative bases being 0; faster than `torch.pow`."""
    return torch.exp(torch.log(base.clamp(min=1e-9)) * exponent)
