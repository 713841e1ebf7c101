# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
"""Eyes, painted by the place on the eyeball: iris behind a refracting cornea, sclera with veins, caruncle.

Places are unit vectors from the eyeball's centre in its own frame: x toward the nose, y up, z the optical axis, so
that everything follows the gaze and both eyes are mirror images but for noise. Warp functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import warp as wp

from recon.people.noise import noise_at

ETA = wp.constant(1.0 / 1.376)  # air to cornea
BULGE = wp.constant(0.9)  # the cornea's normal turns by 1.9 times the angle from the axis: radius 7.8 mm, not 15
IRIS_BEHIND = wp.constant(0.03)  # how far the iris lies behind the limbus, in radii of the eyeball
PUPIL = wp.constant(wp.vec3(0.003, 0.003, 0.003))
SCLERA = wp.constant(wp.vec3(1.0, 0.94, 0.89))
VEIN = wp.constant(wp.vec3(0.85, 0.42, 0.36))
PINK = wp.constant(wp.vec3(0.60, 0.27, 0.23))
UNIT = wp.constant(wp.vec3(1.0, 1.0, 1.0))

wp.set_module_options({"enable_backward": False})


@dataclass(frozen=True)
class Eyes:
    """How a person's eyes are painted beyond the colours in `Appearance`.

    Attributes:
        fibres: contrast of the iris's radial fibres. inner: share of the warm ring about the pupil, 0 to 1.
        collarette: where that ring ends, 0 the pupil to 1 the limbus. limbal: darkness of the outer ring, 0 to 1.
        veins, redness: of the sclera, 0 to 1. wet: strength of the line of tears on the lower lid, 0 to 1.
        lamp_deg: angular radius of what stands for a directional light in reflections. squareness: its shape, 0 a disk
            to 1 a window. window: radiance of a wide soft light in reflections, times the sky's;
            window_yaw_deg, window_pitch_deg: where it is.
        offset: (3,) shift of all noises, in cells. lash_line: how dark lashes make what the upper lid shades, 0 to 1.
    """

    fibres: float
    inner: float
    collarette: float
    limbal: float
    veins: float
    redness: float
    wet: float
    lamp_deg: float
    squareness: float
    window: float
    window_yaw_deg: float
    window_pitch_deg: float
    offset: tuple[float, float, float]
    lash_line: float = 0.0


def draw_eyes(rng: np.random.Generator) -> Eyes:
    """Mostly healthy eyes, a few reddened."""
    red = rng.random() < 0.12
    x, y, z = (float(v) for v in rng.uniform(0, 47, 3))
    return Eyes(
        fibres=float(rng.uniform(0.3, 0.8)),
        inner=float(rng.uniform(0.2, 0.7) if rng.random() < 0.5 else rng.uniform(0.0, 0.2)),
        collarette=float(rng.uniform(0.22, 0.42)),
        limbal=float(rng.uniform(0.45, 0.9)),
        veins=float(rng.uniform(0.6, 1.0) if red else rng.uniform(0.1, 0.6)),
        redness=float(rng.uniform(0.4, 1.0) if red else rng.uniform(0.0, 0.35)),
        wet=float(rng.uniform(0.3, 1.0)),
        lamp_deg=float(rng.uniform(5.0, 11.0)),
        squareness=float(rng.random() < 0.4),
        window=float(rng.uniform(5.0, 14.0)),
        window_yaw_deg=float(rng.uniform(-50, 50)),
        window_pitch_deg=float(rng.uniform(2, 26)),
        offset=(x, y, z),
    )


@wp.struct
class Iris:
    """What `iris_colour` reads: colour and angles of `Appearance`, the rest of `Eyes`."""

    colour: wp.vec3
    half: float  # angles in radians
    pupil: float
    fibres: float
    inner: float
    collarette: float
    limbal: float


@wp.func
def cornea_normal(place: wp.vec3, half: float) -> wp.vec3:
    """Normal of the clear bulge over the iris; the eyeball's own (`place`) away from it. half: the iris's angle."""
    sine = wp.sqrt(place[0] * place[0] + place[1] * place[1])
    angle = wp.atan2(sine, place[2])
    if angle > 1.15 * half or sine < 1e-4:
        return place
    turned = angle * (1.0 + BULGE * wp.smoothstep(1.15 * half, 0.75 * half, angle))
    outward = wp.sin(turned) / sine
    return wp.vec3(place[0] * outward, place[1] * outward, wp.cos(turned))


@wp.func
def seen_on_iris(place: wp.vec3, normal: wp.vec3, view: wp.vec3, half: float) -> wp.vec2:
    """Where a ray refracted at the cornea meets the iris, in radii of it; view: unit, toward the camera."""
    facing = wp.max(wp.dot(normal, view), 0.0)
    inward = -ETA * view + (ETA * facing - wp.sqrt(1.0 - ETA * ETA * (1.0 - facing * facing))) * normal
    sine, cosine = wp.sin(half), wp.cos(half)
    height = wp.max(place[2] - cosine, 0.0)
    start = place * (1.0 + 0.6 * height)  # the bulge rises over the sphere, most at the pole
    far = (start[2] - cosine + IRIS_BEHIND) / wp.max(-inward[2], 0.2)
    hit = start + far * inward
    return wp.vec2(hit[0] / sine, hit[1] / sine)


@wp.func
def iris_colour(iris: Iris, seen: wp.vec2, offset: wp.vec3, noise: wp.array(dtype=wp.vec2)) -> wp.vec3:
    """Radial fibres, a warm ring about the pupil, a dark one at the limbus; seen: place on it, in radii."""
    radius = wp.length(seen)
    x, y = seen[0] / wp.max(radius, 1e-4), seen[1] / wp.max(radius, 1e-4)
    pupil = wp.sin(iris.pupil) / wp.sin(iris.half)
    fine = noise_at(wp.vec3(13.0 * x, 13.0 * y, 2.5 * radius), UNIT, offset, noise)
    broad = noise_at(wp.vec3(2.5 * x, 2.5 * y, 2.0 * radius), UNIT, offset, noise)
    ring = pupil + iris.collarette * (1.0 - pupil)
    ragged = radius + 0.04 * fine[1]
    fibre = 1.15 + iris.fibres * (0.55 * fine[0] + 0.3 * broad[0])
    crest = (ragged - ring) / 0.07
    fibre += 0.3 * iris.fibres * wp.exp(-crest * crest)
    grey = (iris.colour[0] + iris.colour[1] + iris.colour[2]) / 3.0
    warm = wp.vec3(1.6 * grey + 0.03, grey + 0.012, 0.45 * grey)
    colour = wp.lerp(iris.colour, warm, iris.inner * wp.smoothstep(ring + 0.12, ring - 0.05, ragged))
    limbus = 1.0 - iris.limbal * wp.smoothstep(0.70, 0.94, radius + 0.04 * broad[1])
    ruff = 1.0 - 0.5 * wp.smoothstep(pupil + 0.10, pupil, radius)
    colour = colour * (wp.clamp(fibre, 0.35, 2.2) * limbus * ruff)
    return wp.lerp(colour, PUPIL, wp.smoothstep(pupil + 0.03, pupil - 0.03, radius))


@wp.func
def sclera_colour(
    brightness: float,
    veins: float,
    redness: float,
    place: wp.vec3,
    half: float,
    offset: wp.vec3,
    noise: wp.array(dtype=wp.vec2),
) -> wp.vec3:
    """The white, reddened and veined toward the corners of the eye; veins run to the iris and thin out."""
    sine = wp.max(wp.sqrt(place[0] * place[0] + place[1] * place[1]), 1e-4)
    angle = wp.atan2(sine, place[2])
    x, y = place[0] / sine, place[1] / sine
    sideways = wp.abs(x) * wp.smoothstep(half, 1.1, angle)  # 1 at the corners
    waves = noise_at(wp.vec3(2.0 * x, 2.0 * y, 3.0 * angle), UNIT, offset, noise)
    bent = wp.vec3(6.0 * x, 6.0 * y + 0.8 * waves[0], 3.2 * angle + 0.5 * waves[1])
    lines = noise_at(bent, UNIT, offset, noise)
    width = 0.06 + 0.22 * sideways
    trunk = wp.smoothstep(width, 0.3 * width, wp.abs(lines[0]))
    twig = 0.6 * wp.smoothstep(0.6 * width, 0.0, wp.abs(lines[1]))
    vein = veins * wp.max(trunk, twig) * wp.smoothstep(0.0, 0.45, sideways)
    flush = redness * (0.12 + 0.45 * sideways * sideways) + 0.12 * sideways
    white = brightness * (1.0 - 0.14 * sideways) * wp.cw_mul(SCLERA, wp.lerp(UNIT, VEIN, flush))
    return wp.cw_mul(white, wp.lerp(UNIT, VEIN, 0.8 * vein))
