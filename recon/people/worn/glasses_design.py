"""Which glasses there are: families of outlines, frames, colours and tints, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recon.people.appearance import rgb

OUTLINE = 44  # points of a lens's outline

FRAME_COLOURS = (  # linear RGB: blacks, browns, horn, navy, wine, grey, clear
    (0.008, 0.008, 0.009),
    (0.012, 0.010, 0.009),
    (0.07, 0.028, 0.012),
    (0.16, 0.08, 0.035),
    (0.012, 0.022, 0.07),
    (0.09, 0.010, 0.014),
    (0.12, 0.12, 0.125),
    (0.55, 0.53, 0.50),
)
METALS = ((0.50, 0.36, 0.16), (0.48, 0.48, 0.49), (0.14, 0.14, 0.15), (0.02, 0.02, 0.022), (0.45, 0.27, 0.20))
TINTS = ((0.50, 0.50, 0.48), (0.55, 0.42, 0.30), (0.38, 0.50, 0.40), (0.75, 0.62, 0.45), (0.45, 0.45, 0.60))


@dataclass(frozen=True)
class Family:
    """A family of lens outlines: exponent of the superellipse; taper: broader on top; lift: of the upper outer corner,
    share of the height; skew: how far the lower half leans outward, share of the width; sizes in mm."""

    exponent: float
    taper: float
    lift: float
    skew: float
    width: tuple[float, float]
    height: tuple[float, float]


FAMILIES = {
    "round": Family(2.0, 0.0, 0.0, 0.0, (43, 51), (41, 48)),
    "oval": Family(2.2, 0.03, 0.0, 0.0, (48, 54), (31, 39)),
    "rectangle": Family(4.5, 0.04, 0.02, 0.0, (50, 58), (30, 39)),
    "wayfarer": Family(3.2, 0.12, 0.10, 0.02, (49, 55), (37, 44)),
    "aviator": Family(2.5, 0.10, 0.0, 0.13, (54, 61), (46, 53)),
    "cat-eye": Family(2.7, 0.10, 0.24, -0.02, (49, 56), (36, 43)),
}


@dataclass(frozen=True)
class Glasses:
    """A drawn pair of glasses. Lengths in mm on a head of average width, scaled with the head; colours linear RGB.

    Attributes:
        family: name of the outline family; exponent, taper, lift, skew: see `Family`.
        width, height: of one lens; bridge: between the lenses.
        rim: "full", "half" (the upper half alone) or "none"; rim_mm, depth_mm: its thickness in the front's plane and
            across it.
        metal: with nose pads and thin temples. bar: a second bridge along the top.
        temple_mm: height of the temples at the hinge.
        wrap_mm: radius of the cylinder that the front is bent over; tilt_deg: how far its lower edge leans in.
        drop_mm: height of the pupils over the middle of the lenses.
        colour: of the frame; pattern: strength of a tortoise pattern, [0, 1]; offset: its shift, in cells.
        gloss, roughness: of the frame.
        tint: share of light that the lenses let through, by colour; gradient: how much lighter their lower edge is.
    """

    family: str
    exponent: float
    taper: float
    lift: float
    skew: float
    width: float
    height: float
    bridge: float
    rim: str
    rim_mm: float
    depth_mm: float
    metal: bool
    bar: bool
    temple_mm: float
    wrap_mm: float
    tilt_deg: float
    drop_mm: float
    colour: tuple[float, float, float]
    pattern: float
    offset: tuple[float, float, float]
    gloss: float
    roughness: float
    tint: tuple[float, float, float]
    gradient: float


def draw_glasses(rng: np.random.Generator) -> Glasses:
    """A broad mix; the same generator state gives the same pair."""
    name = str(rng.choice(list(FAMILIES), p=[0.17, 0.17, 0.26, 0.18, 0.11, 0.11]))
    family = FAMILIES[name]
    metal = bool(rng.random() < {"aviator": 0.85, "round": 0.55, "oval": 0.6}.get(name, 0.25))
    rim = str(rng.choice(["full", "half", "none"], p=[0.7, 0.18, 0.12] if metal else [0.92, 0.08, 0.0]))
    width = rng.uniform(*family.width)
    colours = METALS if metal else FRAME_COLOURS
    colour = np.array(colours[rng.integers(len(colours))]) * np.exp(rng.normal(0, 0.15, 3) + rng.normal(0, 0.2))
    kind = rng.random()
    if kind < 0.70:
        tint = rng.uniform(0.95, 0.99) * np.ones(3)
    else:
        tint = np.array(TINTS[rng.integers(len(TINTS))])
        tint = tint ** rng.uniform(0.4, 0.8) if kind < 0.78 else tint * rng.uniform(0.1, 0.5)
    return Glasses(
        family=name,
        exponent=float(family.exponent * rng.uniform(0.92, 1.15)),
        taper=float(family.taper + rng.normal(0, 0.012)),
        lift=float(family.lift * rng.uniform(0.7, 1.2)),
        skew=float(family.skew * rng.uniform(0.7, 1.2)),
        width=float(width),
        height=float(rng.uniform(*family.height)),
        bridge=float(np.clip(136 - 2 * width + rng.normal(0, 2) - 8, 14, 23)),
        rim=rim,
        rim_mm=float(rng.uniform(1.1, 1.9) if metal else rng.uniform(2.2, 5.0)),
        depth_mm=float(rng.uniform(1.4, 2.2) if metal else rng.uniform(2.6, 4.0)),
        metal=metal,
        bar=name == "aviator" and bool(rng.random() < 0.7),
        temple_mm=float(rng.uniform(1.6, 3.5) if metal else rng.uniform(4.0, 9.0)),
        wrap_mm=float(rng.uniform(180, 420)),
        tilt_deg=float(rng.uniform(4, 11)),
        drop_mm=float(rng.uniform(1.0, 5.0)),
        colour=rgb(np.clip(colour, 0.004, 0.8)),
        pattern=float(rng.uniform(0.5, 1.0) if not metal and rng.random() < 0.3 else 0.0),
        offset=rgb(rng.uniform(0, 47, 3)),
        gloss=float(rng.uniform(2.0, 5.0) if metal else rng.uniform(0.5, 2.5)),
        roughness=float(rng.uniform(0.15, 0.4) if metal else rng.uniform(0.15, 0.5)),
        tint=rgb(tint),
        gradient=float(rng.uniform(0.3, 1.0) if kind >= 0.78 and rng.random() < 0.35 else 0.0),
    )


def outline(glasses: Glasses, points: int = OUTLINE) -> np.ndarray:
    """(points, 2) mm: the left lens about its middle, u outward, counter-clockwise from the outer end, at equal
    steps of length."""
    angle = np.linspace(0, 2 * np.pi, 8 * points + 1)
    c, s = (np.sign(f) * np.abs(f) ** (2 / glasses.exponent) for f in (np.cos(angle), np.sin(angle)))
    c, s = np.broadcast_to(c, angle.shape), np.broadcast_to(s, angle.shape)
    lifted = s + 2 * glasses.lift * ((1 + c) / 2) ** 3 * np.clip(s, 0, None)
    dense = np.stack([c * (1 + glasses.taper * s) + glasses.skew * (1 - s), lifted], 1)
    dense *= (glasses.width / 2, glasses.height / 2)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(dense, axis=0), axis=1))])
    even = np.arange(points) * length[-1] / points
    return np.stack([np.interp(even, length, dense[:, k]) for k in (0, 1)], 1)
