"""Light and surface shading in linear RGB: spherical-harmonic sky, directional lights, a specular lobe, shadows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from recon.faces.paint import Surface

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
        colour = strength * np.array([1 + warmth, 1.0, 1 - warmth]) * np.exp(rng.normal(0, 0.02, 3))
        return tuple(float(c) for c in np.clip(colour, 0, None))  # type: ignore[return-value]

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
    """Irradiance of the low-frequency sky: normals (P, 3) -> (P, 3).

    A sky linear in height and one cosine lobe, both kept to the second order of spherical harmonics.
    """
    up = (normals[:, 1:2] + 1) / 2
    irradiance = torch.lerp(normals.new_tensor(light.ground), normals.new_tensor(light.sky), up)
    cosine = normals @ normals.new_tensor(light.side_direction)
    lobe = 0.25 + 0.5 * cosine + 0.25 * cosine.square()  # = ((1 + cos) / 2)^2
    return irradiance + lobe[:, None] * normals.new_tensor(light.side)


def shade(
    surface: Surface, normals: Tensor, view: Tensor, occlusion: Tensor, shadow: Tensor, light: Lighting
) -> Tensor:
    """Linear radiance at P points.

    Args:
        surface: P points' reflectance. normals, view: (P, 3) unit, camera frame, view toward the camera.
        occlusion: (P,) ambient, 0 closed to 1 open. shadow: (P, L) share of each directional light that arrives.

    Returns:
        (P, 3) float, 0 and up.
    """
    facing = (normals * view).sum(1).clamp(min=0)
    # Light that entered skin leaves it reddened where it is shadowed: occlusion closes slower for red.
    colour_occlusion = occlusion[:, None] ** normals.new_tensor([0.75, 1.0, 1.1])
    diffuse = sky_irradiance(light, normals) * colour_occlusion
    fresnel = 0.04 + 0.35 * (1 - facing) ** 5
    reflected = 2 * facing[:, None] * normals - view
    sky = sky_irradiance(light, reflected) * (fresnel * occlusion)[:, None]
    specular = sky * 0.6
    wrap = normals.new_tensor([0.28, 0.12, 0.08]) * (1 - surface.hair[:, None])
    exponent = 2 / surface.roughness**4 - 2
    for k, (direction, colour) in enumerate(zip(light.directions, light.colours, strict=True)):
        toward = normals.new_tensor(direction)
        cosine = (normals @ toward)[:, None]
        wrapped = ((cosine + wrap) / (1 + wrap)).clamp(min=0) * shadow[:, k : k + 1]
        diffuse = diffuse + wrapped * normals.new_tensor(colour)
        half = functional.normalize(view + toward, dim=1)
        lobe = (normals * half).sum(1).clamp(min=0) ** exponent * (exponent + 2) / 8
        strength = lobe * fresnel * cosine[:, 0].clamp(min=0) * shadow[:, k]
        specular = specular + strength[:, None] * normals.new_tensor(colour)
    return surface.albedo * diffuse + surface.gloss[:, None] * specular
