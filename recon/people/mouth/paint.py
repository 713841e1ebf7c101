# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
"""Mouths: separate teeth along the dental arch, gums, a rough wet tongue, a cavity that darkens with depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import warp as wp

from recon.faces.openings import within
from recon.people.mouth.teeth import LOWER
from recon.people.noise import noise_at
from recon.people.skin.paint import MOUTH_INSIDE, TEETH

GAP = wp.constant(wp.vec3(0.16, 0.07, 0.05))
GUM = wp.constant(wp.vec3(0.52, 0.20, 0.17))
TONGUE = wp.constant(wp.vec3(0.50, 0.18, 0.16))
ROUGH_MM = wp.constant(wp.vec3(0.5, 0.5, 0.5))

wp.set_module_options({"enable_backward": False})


@dataclass(frozen=True)
class Mouth:
    """How the inside of a person's mouth is painted beyond `Appearance.teeth`.

    Attributes:
        uneven: spread of brightness from tooth to tooth (relative). tilt: of their turn, radians. yellow: toward the
            gums, 0 to 1. gap: half width of the dark line between teeth, share of a tooth. crown_mm: height of the
            upper middle teeth. gums, tongue: brightness. depth_mm: depth at which light has fallen to 1 / e.
        offset: (3,) shift of all noises, in cells; also names each tooth's variation.
    """

    uneven: float
    tilt: float
    yellow: float
    gap: float
    crown_mm: float
    gums: float
    tongue: float
    depth_mm: float
    offset: tuple[float, float, float]


def draw_mouth(rng: np.random.Generator) -> Mouth:
    x, y, z = (float(v) for v in rng.uniform(0, 47, 3))
    return Mouth(
        uneven=float(rng.uniform(0.02, 0.09)),
        tilt=float(rng.uniform(0.02, 0.12)),
        yellow=float(rng.uniform(0.1, 0.6)),
        gap=float(rng.uniform(0.025, 0.05)),
        crown_mm=float(rng.uniform(8.5, 10.5)),
        gums=float(rng.uniform(0.7, 1.2)),
        tongue=float(rng.uniform(0.8, 1.2)),
        depth_mm=float(rng.uniform(12.0, 20.0)),
        offset=(x, y, z),
    )


@wp.struct
class MouthLook:
    """What `mouth_at` reads: `Mouth`, and of the model and the pose; `on` 0: mouths are painted as ever.

    place: (V,) `Teeth.place`. lips: `resampled` inner edges, head's x and y, mm. head: rows are the head's axes in the
    camera frame; origin: its place there.
    """

    on: int
    place: wp.array(dtype=wp.vec4)
    lips: wp.array(dtype=wp.float32)
    head: wp.mat33
    origin: wp.vec3
    painted: float
    front_mm: float
    teeth: float
    uneven: float
    tilt: float
    yellow: float
    gap: float
    crown_mm: float
    gums: float
    tongue: float
    depth_mm: float
    offset: wp.vec3


@wp.struct
class Inside:
    """A point inside the mouth: albedo; normal, camera frame; share of light that gets there; roughness; gloss."""

    albedo: wp.vec3
    normal: wp.vec3
    open: float
    roughness: float
    gloss: float


@wp.func
def scattered(number: float, salt: float) -> float:
    """A fixed number in [-1, 1] for each tooth."""
    wave = wp.sin(number * 12.9898 + salt * 7.233) * 43758.547
    return 2.0 * (wave - wp.floor(wave)) - 1.0


@wp.func
def gap_shade(number: float, rise: float, gap: float) -> float:
    """1 in the dark line between two teeth, 0 on them: wider at the biting edge and the gums."""
    part = number - wp.floor(number)
    off = wp.min(part, 1.0 - part)
    wide = gap * (1.0 + 1.2 * wp.smoothstep(2.0, 0.0, rise))
    return wp.smoothstep(wide, 0.35 * wide, off)


@wp.func
def tooth_colour(look: MouthLook, number: float, rise: float) -> wp.vec3:
    """Enamel, yellower to the gums, bluish at the edge, each tooth a little different, canines darker."""
    whole = wp.floor(number)
    signed = wp.where(number > 0.5 * LOWER, number - LOWER, number)
    canine = wp.where(wp.abs(wp.abs(signed) - 2.5) < 0.5, 1.0, 0.0)
    bright = look.teeth * (1.0 + look.uneven * scattered(whole, look.offset[0]) - 0.08 * canine)
    height = wp.smoothstep(0.0, look.crown_mm, rise)
    yellow = look.yellow * (0.25 + 0.75 * height * height)
    tint = wp.lerp(TEETH, wp.vec3(0.94, 0.80, 0.58), yellow)
    glassy = wp.smoothstep(1.6, 0.2, rise)
    return wp.lerp(tint * bright, wp.vec3(0.72, 0.73, 0.73) * bright, 0.5 * glassy)


@wp.func
def gum_height(number: float, crown_mm: float) -> float:
    """mm from the biting edge to the gums: arched over each tooth, less between two and on smaller teeth."""
    lower = number > 0.5 * LOWER
    signed = wp.where(lower, number - LOWER, number)
    place = wp.abs(signed)
    middle = wp.abs(place - wp.floor(place) - 0.5) * 2.0
    long = wp.where(lower, 0.88 + 0.05 * wp.min(place, 2.0), 1.0 - 0.045 * place)
    side = wp.where(lower, 0.0, wp.where(place > 1.0 and place < 2.0, 0.09, 0.0))  # second teeth are short
    return crown_mm * (long - side) - 2.6 * middle * middle * middle


@wp.func
def mouth_at(
    look: MouthLook,
    spot: wp.vec4,
    teeth: float,
    slow_place: wp.vec3,
    point: wp.vec3,
    normal: wp.vec3,
    noise: wp.array(dtype=wp.vec2),
) -> Inside:
    """Paint a point inside the mouth.

    Args:
        spot: interpolated `Teeth.place`. teeth: 1 on teeth. slow_place: place on the template, mm.
        point, normal: camera frame.
    """
    found = Inside()
    found.normal = normal
    head = look.head * (point - look.origin)
    gap = within(look.lips, 0, head[0], head[1])
    depth = wp.max(look.front_mm - slow_place[2], 0.0)
    fine = noise_at(slow_place, ROUGH_MM, look.offset, noise)
    up = wp.vec3(look.head[1, 0], look.head[1, 1], look.head[1, 2])
    gum = spot[2]
    fall = look.depth_mm
    if teeth > 0.5:
        number, rise = spot[0], spot[1]
        whole = wp.floor(number)
        part = number - whole - 0.5
        dark = gap_shade(number, rise, look.gap)
        found.albedo = wp.lerp(tooth_colour(look, number, rise), GAP, 0.85 * dark)
        found.roughness = 0.16
        found.gloss = 1.3 * (1.0 - dark)
        gum = look.painted * wp.smoothstep(-0.35, 0.35, rise - gum_height(number, look.crown_mm))
        enamel = (1.0 - gum) * (1.0 - dark)
        round = look.painted * (0.7 * part + 1.6 * part * part * part)
        sideways = enamel * (round + look.tilt * scattered(whole, look.offset[1]))
        upward = enamel * look.tilt * scattered(whole, look.offset[2])
        found.normal = wp.normalize(normal + sideways * wp.normalize(wp.cross(up, normal)) + upward * up)
        fall = 1.6 * look.depth_mm
    else:
        found.albedo = MOUTH_INSIDE * (1.0 + 0.1 * fine[0])
        found.roughness = 0.25
        found.gloss = 0.8
        tongue = spot[3]
        if tongue > 0.0:
            groove = wp.exp(-(slow_place[0] * slow_place[0]) / 6.0)
            flesh = TONGUE * (look.tongue * (1.0 + 0.09 * fine[0]) * (1.0 - 0.2 * groove))
            found.albedo = wp.lerp(found.albedo, flesh, tongue)
            found.normal = wp.normalize(normal + (0.16 * tongue) * wp.vec3(fine[0], fine[1], 0.0))
            found.roughness = wp.lerp(found.roughness, 0.36, tongue)
            fall = look.depth_mm * (1.0 + 0.5 * tongue)
    if gum > 0.0:
        found.albedo = wp.lerp(found.albedo, GUM * (look.gums * (1.0 + 0.06 * fine[0])), gum)
        found.normal = wp.normalize(found.normal + (gum * 0.03) * wp.vec3(fine[0], fine[1], 0.0))
        found.roughness = wp.lerp(found.roughness, 0.3, gum)
        found.gloss = wp.lerp(found.gloss, 1.0, gum)
    # Lips shade what is close behind them; the corners of the mouth stay dark.
    lips = (1.0 - 0.5 * wp.exp(-wp.max(gap[0], 0.0) / 2.0)) * (1.0 - 0.25 * wp.exp(-wp.max(gap[1], 0.0) / 1.5))
    sides = wp.smoothstep(0.0, 0.22, wp.min(gap[2], 1.0 - gap[2]))
    found.open = 0.03 + 0.97 * lips * (0.35 + 0.65 * sides) * wp.exp(-depth / fall)
    return found
