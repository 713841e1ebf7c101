"""What hair on a face looks like, drawn from a broad mix of adults: beards, brows, lashes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

KINDS = {"none": 0.62, "stubble": 0.12, "moustache": 0.05, "goatee": 0.06, "short": 0.09, "full": 0.06}  # of men

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class FacialHairStyle:
    """Beard and moustache. Lengths in mm, colours linear RGB, shares in [0, 1].

    Attributes:
        kind: one of KINDS.
        cheeks, chin, moustache, sideburn: share of roots with a strand on the jaw and cheeks, about the chin and the
            mouth's corners, over the lip, and between beard and sideburn.
        length, chin_length, moustache_length: of strands there.
        stand: 0 lies on the skin to 1 straight out. frizz: disorder of directions. clumping: of tufts.
        width: of a strand.
        colour, grey, variation: as `HairStyle`'s.
    """

    kind: str
    cheeks: float
    chin: float
    moustache: float
    sideburn: float
    length: float
    chin_length: float
    moustache_length: float
    stand: float
    frizz: float
    clumping: float
    width: float
    colour: Colour
    grey: float
    variation: float


@dataclass(frozen=True)
class BrowStyle:
    """Brows and lashes. Lengths in mm, colours linear RGB.

    Attributes:
        height, half: shift of the brows, up is positive, and half of their breadth at the inner end; tail: share of it
            at the outer end. tilt, outer, inner: see `recon.faces.brows.along_brow`.
        density: share of roots with a hair. length, width: of a hair. frizz: disorder of directions.
        colour, grey, variation: as `HairStyle`'s.
        lash_length: of the upper lashes, the lower have half; lash_density; lash_width; lash_colour.
    """

    height: float
    half: float
    density: float
    length: float
    width: float
    frizz: float
    colour: Colour
    grey: float
    variation: float
    lash_length: float
    lash_density: float
    lash_width: float
    lash_colour: Colour
    tail: float = 0.35
    tilt: float = 0.0
    outer: float = 0.0
    inner: float = 1.0


def draw_facial_hair(rng: np.random.Generator, colour: Colour, grey: float = 0.0, man: bool = True) -> FacialHairStyle:
    """A kind by the shares of KINDS; colour, grey: of the hair on the head; man: nobody else has any."""
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    return draw_kind(rng, kind if man else "none", colour, grey)


def draw_kind(rng: np.random.Generator, kind: str, colour: Colour, grey: float = 0.0) -> FacialHairStyle:
    """One person's variant of a kind, which is one of KINDS."""
    cheeks = {"none": 0.0, "moustache": 0.0, "goatee": 0.0}.get(kind, rng.uniform(0.75, 1.0))
    chin = {"none": 0.0, "moustache": 0.0, "goatee": rng.uniform(0.8, 1.0)}.get(kind, 1.0)
    moustache = {"none": 0.0, "goatee": float(rng.random() < 0.8)}.get(kind, rng.uniform(0.8, 1.0))
    low, high = {"stubble": (1.0, 2.6), "short": (3.5, 9.0), "full": (9.0, 20.0)}.get(kind, (4.0, 12.0))
    length = rng.uniform(low, high)
    tint = np.array([1.15, 1.0, 0.9]) if rng.random() < 0.5 else np.ones(3)  # beards are often redder
    shade = np.clip(np.array(colour) * tint * np.exp(rng.normal(-0.05, 0.2)), 0.004, 0.9)
    return FacialHairStyle(
        kind=kind,
        cheeks=float(cheeks),
        chin=float(chin),
        moustache=float(moustache),
        sideburn=float(rng.uniform(0.5, 1.0) * (cheeks > 0)),
        length=float(length),
        chin_length=float(length * (rng.uniform(1.2, 2.2) if kind == "full" else rng.uniform(1.0, 1.4))),
        moustache_length=float(min(length, rng.uniform(5.0, 9.0))),
        stand=float(rng.uniform(0.1, 0.25) if kind == "full" else rng.uniform(0.2, 0.45)),
        frizz=float(rng.uniform(0.15, 0.35)),
        clumping=float(rng.uniform(0.1, 0.5)),
        width=float(
            {"stubble": rng.uniform(0.35, 0.5), "full": rng.uniform(1.1, 1.6)}.get(kind, rng.uniform(0.8, 1.2))
        ),
        colour=(float(shade[0]), float(shade[1]), float(shade[2])),
        grey=float(np.clip(grey + rng.normal(0.1, 0.15), 0, 1) if grey > 0 or rng.random() < 0.2 else 0.0),
        variation=float(rng.uniform(0.15, 0.35)),
    )


def draw_brows(rng: np.random.Generator, colour: Colour, grey: float = 0.0, man: bool = True) -> BrowStyle:
    """Brows, darker than fair or grey hair of the given colour and share of white, and lashes, darker still."""
    hair = np.array(colour)
    shade = np.clip(hair * rng.uniform(0.35, 0.9) if hair.mean() > 0.05 else hair, 0.006, 0.5)
    lash = np.clip(0.25 * shade, 0.004, 0.05)
    return BrowStyle(
        height=float(rng.normal(0, 1.2)),
        half=float(rng.uniform(3.2, 5.6) if man else rng.uniform(2.2, 3.8)),
        density=float(rng.uniform(0.55, 1.0)),
        length=float(rng.uniform(6.0, 10.0)),
        width=float(rng.uniform(0.6, 0.9)),
        frizz=float(rng.uniform(0.05, 0.15)),
        colour=(float(shade[0]), float(shade[1]), float(shade[2])),
        grey=float(grey * rng.uniform(0, 1)),
        variation=float(rng.uniform(0.15, 0.3)),
        lash_length=float(rng.uniform(4.0, 7.0) if man else rng.uniform(6.0, 10.0)),
        lash_density=float(rng.uniform(0.4, 0.9) if man else rng.uniform(0.7, 1.0)),
        lash_width=float(rng.uniform(0.3, 0.45)),
        lash_colour=(float(lash[0]), float(lash[1]), float(lash[2])),
    )
