"""Which clothes there are: kinds, cuts, stuffs and colours, drawn at random, and where their necklines run."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recon.people.appearance import rgb
from recon.people.worn.headwear_design import dye

Colour = tuple[float, float, float]

KINDS = ("suit", "shirt", "t_shirt", "jumper", "polo_neck", "hoodie", "top")
SHARES = (0.28, 0.20, 0.17, 0.13, 0.07, 0.06, 0.09)
PATTERNS = ("plain", "stripes", "bars", "checks", "print")
SUITS = ((0.012, 0.012, 0.014), (0.012, 0.016, 0.035), (0.045, 0.045, 0.05), (0.12, 0.12, 0.125), (0.10, 0.07, 0.045))
SHIRTS = ((0.80, 0.80, 0.80), (0.45, 0.58, 0.78), (0.78, 0.66, 0.68), (0.03, 0.03, 0.035))


@dataclass(frozen=True)
class Clothes:
    """Something drawn to wear on the bust. Lengths in mm, down from the foot of the neck; colours linear RGB.

    Attributes:
        kind: one of KINDS.
        front, side, back: how far down the neckline runs there, of a suit the jacket's.
        vee: 1 a round neckline, 0 a pointed one; half_deg: azimuth where its front begins.
        stand, leaf: heights of a collar's band at the neck and of what is folded over it; spread: how far its points
            lie apart. open: depth of an open collar, 0 buttoned. collar: whether a jumper has a shirt's under it.
        lapel: width of lapels; tie: whether one is worn.
        thick: of the stuff; fold: height of its folds.
        pattern: one of PATTERNS, in `second`; period: its length.
        colour, second, shirt, tie_colour: of the stuff, of its pattern, of the shirt under it and of the tie.
        offset: (3,) shift of the noise, in cells. gloss, roughness: of the stuff.
    """

    kind: str
    front: float
    side: float
    back: float
    vee: float
    half_deg: float
    stand: float
    leaf: float
    spread: float
    open: float
    collar: bool
    lapel: float
    tie: bool
    thick: float
    fold: float
    pattern: str
    period: float
    colour: Colour
    second: Colour
    shirt: Colour
    tie_colour: Colour
    offset: Colour
    gloss: float
    roughness: float

    def neckline(self, azimuth: np.ndarray) -> np.ndarray:
        """(...) mm down to the neckline at azimuths (...) in radians, 0 ahead."""
        turn = np.abs((azimuth + np.pi) % (2 * np.pi) - np.pi)
        ahead = np.clip(turn / np.radians(self.half_deg), 0, 1)
        pointed, rounded = (1 - ahead) ** 1.4, (1 - ahead**2) ** 1.5
        behind = np.clip(-np.cos(turn), 0, 1) ** 2
        rise = self.vee * rounded + (1 - self.vee) * pointed
        return self.side + (self.front - self.side) * rise + (self.back - self.side) * behind

    def plain_necked(self) -> Clothes:
        """The same stuff with neither collar nor hood, for under a cloth that falls over the shoulders."""
        return replace(self, kind="t_shirt", front=6.0, side=4.0, back=2.0, vee=1.0)


def draw_clothes(rng: np.random.Generator) -> Clothes:
    """A broad mix, with many dark suits and white shirts; the same generator state gives the same clothes."""
    kind = str(rng.choice(KINDS, p=SHARES))
    pointed = rng.random() < 0.35
    front, side, back, half = {
        "suit": (rng.uniform(150, 230), rng.uniform(2, 8), -14.0, rng.uniform(58, 70)),
        "shirt": (2.0, 2.0, 2.0, 70.0),
        "t_shirt": (
            rng.uniform(45, 85) if pointed else rng.uniform(2, 30),
            rng.uniform(2, 16),
            rng.uniform(-4, 8),
            72.0,
        ),
        "jumper": (
            rng.uniform(45, 90) if pointed else rng.uniform(-6, 14),
            rng.uniform(0, 8),
            rng.uniform(-8, 2),
            68.0,
        ),
        "polo_neck": (6.0, 4.0, 4.0, 70.0),
        "hoodie": (rng.uniform(6, 26), rng.uniform(4, 10), 4.0, 75.0),
        "top": (rng.uniform(35, 85), rng.uniform(40, 105), rng.uniform(15, 60), 80.0),
    }[kind]
    tie = kind == "suit" and rng.random() < 0.6
    open_collar = 0.0 if tie or rng.random() < 0.4 else rng.uniform(35, 85)
    pale = SHIRTS[rng.choice(4, p=(0.62, 0.2, 0.08, 0.1))]
    suit = SUITS[rng.choice(5, p=(0.3, 0.28, 0.2, 0.14, 0.08))]
    colour, second, third = dye(rng), dye(rng), dye(rng)
    usual = rng.random()
    if kind == "suit" and usual < 0.85:
        colour = rgb(np.array(suit) * rng.uniform(0.7, 1.4))
    elif (kind == "shirt" and usual < 0.6) or (kind in ("t_shirt", "top") and usual < 0.25):
        colour = pale
    plain = {"suit": 0.9, "shirt": 0.5, "polo_neck": 0.85, "hoodie": 0.8}.get(kind, 0.55)
    patterned = PATTERNS[rng.integers(1, 5)] if rng.random() >= plain else "plain"
    return Clothes(
        kind=kind,
        front=float(front),
        side=float(side),
        back=float(back),
        vee=float(rng.uniform(0, 0.25) if pointed or kind == "suit" else rng.uniform(0.8, 1.0)),
        half_deg=float(half),
        stand=float(rng.uniform(20, 32)),
        leaf=float(rng.uniform(34, 46)),
        spread=float(rng.uniform(18, 42)),
        open=float(open_collar),
        collar=bool(rng.random() < 0.4),
        lapel=float(rng.uniform(45, 80)),
        tie=tie,
        thick=float(rng.uniform(3.5, 6.0) if kind in ("jumper", "polo_neck", "hoodie") else rng.uniform(2.0, 3.0)),
        fold=float(rng.uniform(1.0, 4.0) if kind != "suit" else rng.uniform(0.5, 2.0)),
        pattern=patterned,
        period=float(rng.uniform(20, 50)),
        colour=colour,
        second=second,
        shirt=pale,
        tie_colour=third,
        offset=rgb(rng.uniform(0, 47, 3)),
        gloss=float(rng.uniform(0.0, 0.5) if kind == "top" else rng.uniform(0.0, 0.2)),
        roughness=float(rng.uniform(0.55, 0.95)),
    )
