"""What hair on a scalp looks like, drawn from a broad mix of adults."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recon.people.appearance import HAIR_COLOURS, rgb

CUTS = {  # share of adults in portraits
    "bald": 0.05,
    "receding": 0.13,
    "cropped": 0.17,
    "side_part": 0.21,
    "fringe": 0.07,
    "curly": 0.08,
    "afro": 0.05,
    "bob": 0.11,
    "long": 0.08,
    "tied": 0.05,
}
HAIR_WEIGHTS = (0.24, 0.22, 0.18, 0.10, 0.16, 0.10)


@dataclass(frozen=True)
class HairStyle:
    """Hair on a scalp. Lengths in mm, colours linear RGB, shares in [0, 1].

    Attributes:
        cut: one of CUTS.
        length, side_length: of strands on the top and on the sides and the nape.
        volume, side_volume: height of the outermost strands over the scalp; quiff: added over the front hairline.
        stand: 0 combed flat to 1 straight up. lie: how closely strands keep to their height over the scalp.
        part: x of the parting, to the model's left; parted: how firmly hair leaves it sideways.
        forward: combed back (-1) to the front (1); away: combed away from the crown's whorl.
        fringe: height over the eyes where hair in front ends, 0 without a fringe.
        hang: how far below the eyes the tips end of hair that hangs, 0 where strands have their own length.
        curtain: half width of the face that hanging hair leaves free. flare: how far
            it spreads sideways on its way down, tuck: how far its ends turn in again.
        over_ears: 1 covers the ears, 0 leaves them free.
        tie: height of the knot at the back that takes all strands, and 1 or 0 whether there is one.
        curl, curl_wave: radius and length of a curl's turn. frizz: disorder of directions. clumping: of locks.
        density: share of roots that have a strand. hairline: its shift, up is positive.
        sideburn: shift of the hair's lower end in front of the ears, up is positive.
        receding: 0 full hairline, 0.5 bare temples, 1 bare from forehead to crown.
        width: of a strand, a ribbon that stands for a lock.
        colour, grey: share of white strands. variation: of colour between strands. dark_roots: how dark, 0 to 1.
    """

    cut: str
    length: float
    side_length: float
    volume: float
    side_volume: float
    quiff: float
    stand: float
    lie: float
    part: float
    parted: float
    forward: float
    away: float
    fringe: float
    hang: float
    curtain: float
    flare: float
    tuck: float
    over_ears: float
    tie: tuple[float, float]
    curl: float
    curl_wave: float
    frizz: float
    clumping: float
    density: float
    hairline: float
    sideburn: float
    receding: float
    width: float
    colour: tuple[float, float, float]
    grey: float
    variation: float
    dark_roots: float


def draw_hair_style(rng: np.random.Generator, colour: tuple[float, float, float] | None = None) -> HairStyle:
    """A cut by the shares of CUTS; colour: that of the person's painted hair, drawn too where it is not given."""
    cut = str(rng.choice(list(CUTS), p=list(CUTS.values())))
    return draw_cut(rng, cut, colour)


def draw_cut(rng: np.random.Generator, cut: str, colour: tuple[float, float, float] | None = None) -> HairStyle:
    """One person's variant of a cut, which is one of CUTS."""
    if colour is None:
        base = np.array(HAIR_COLOURS[rng.choice(len(HAIR_COLOURS), p=HAIR_WEIGHTS)])
        colour = rgb(np.clip(base * np.exp(rng.normal(0, 0.25)) * np.exp(rng.normal(0, 0.06, 3)), 0, 0.9))
    side = rng.choice([-1.0, 1.0])
    plain = HairStyle(
        cut=cut,
        length=float(rng.uniform(45, 75)),
        side_length=float(rng.uniform(9, 22)),
        volume=float(rng.uniform(9, 18)),
        side_volume=float(rng.uniform(3, 6)),
        quiff=0.0,
        stand=float(rng.uniform(0.0, 0.15)),
        lie=0.8,
        part=float(side * rng.uniform(18, 42)),
        parted=1.0,
        forward=float(rng.uniform(-0.7, -0.2)),
        away=float(rng.uniform(0.3, 0.6)),
        fringe=0.0,
        hang=0.0,
        curtain=64.0,
        flare=0.06,
        tuck=0.0,
        over_ears=0.0,
        tie=(0.0, 0.0),
        curl=0.0,
        curl_wave=60.0,
        frizz=float(rng.uniform(0.05, 0.16)),
        clumping=float(rng.uniform(0.35, 0.75)),
        density=float(rng.uniform(0.85, 1.0)),
        hairline=float(rng.normal(2, 4)),
        sideburn=float(rng.uniform(-8, 18)),
        receding=float(rng.beta(1.2, 4)) * 0.5,
        width=float(rng.uniform(1.7, 2.4)),
        colour=colour,
        grey=float(rng.beta(1, 4) if rng.random() < 0.35 else 0.0),
        variation=float(rng.uniform(0.12, 0.28)),
        dark_roots=float(rng.uniform(0.1, 0.45)),
    )
    return VARIANTS[cut](rng, plain)


def bald(rng: np.random.Generator, style: HairStyle) -> HairStyle:
    return replace(style, density=0.0, length=0.0, side_length=0.0)


def receding(rng: np.random.Generator, style: HairStyle) -> HairStyle:
    return replace(
        style,
        length=float(rng.uniform(20, 45)),
        volume=float(rng.uniform(3, 8)),
        receding=float(rng.uniform(0.55, 1.0)),
        forward=float(rng.uniform(-1.0, -0.5)),
        side_volume=float(rng.uniform(3, 8)),
        width=float(rng.uniform(1.2, 1.7)),
    )


def cropped(rng: np.random.Generator, style: HairStyle) -> HairStyle:
    length = float(rng.uniform(5, 22))
    return replace(
        style,
        length=length,
        side_length=float(length * rng.uniform(0.35, 0.8)),
        volume=length * 0.8,
        side_volume=3.0,
        stand=float(rng.uniform(0.3, 0.75)),
        lie=0.0,
        parted=0.2,
        forward=float(rng.uniform(-0.2, 0.9)),
        frizz=float(rng.uniform(0.1, 0.3)),
        clumping=float(rng.uniform(0.2, 0.6)),
        width=float(rng.uniform(1.0, 1.5)),
    )


def side_part(rng: np.random.Generator, style: HairStyle) -> HairStyle:
    return replace(style, quiff=float(rng.uniform(0, 12)), volume=float(rng.uniform(10, 22)))


def fringe(rng: np.random.Generator, style: HairStyle) -> HairStyle:
    return replace(
        style,
        length=float(rng.uniform(60, 90)),
        forward=1.0,
        parted=float(rng.uniform(0.1, 0.5)),
        away=1.0,
        volume=float(rng.uniform(9, 16)),
        side_length=float(rng.uniform(20, 45)),
        side_volume=float(rng.uniform(5, 9)),
        fringe=float(rng.uniform(26, 52)),
        receding=0.0,
    )


def curly(rng: np.random.Generator, style: HairStyle) -> HairStyle:
    long = rng.random() < 0.4
    return replace(
        style,
        length=float(rng.uniform(45, 80)),
        side_length=float(rng.uniform(25, 45)),
        volume=float(rng.uniform(16, 30)),
        side_volume=float(rng.uniform(8, 16)),
        stand=float(rng.uniform(0.15, 0.35)),
        lie=0.5,
        hang=float(rng.uniform(70, 150) if long else 0.0),
        over_ears=1.0 if long else 0.0,
        parted=0.5,
        forward=float(rng.uniform(-0.4, 0.5)),
        curl=float(rng.uniform(3.5, 7.0)),
        curl_wave=float(rng.uniform(45, 70) if long else rng.uniform(24, 40)),
        frizz=float(rng.uniform(0.12, 0.25)),
        clumping=float(rng.uniform(0.75, 0.92)),
        width=float(rng.uniform(2.4, 3.4)),
    )


def afro(rng: np.random.Generator, style: HairStyle) -> HairStyle:
    length = float(rng.uniform(12, 60))
    return replace(
        style,
        length=length,
        side_length=float(length * rng.uniform(0.6, 1.0)),
        stand=1.0,
        lie=0.0,
        curl=float(rng.uniform(1.5, 3.5)),
        curl_wave=float(rng.uniform(9, 16)),
        frizz=float(rng.uniform(0.25, 0.4)),
        clumping=float(rng.uniform(0.2, 0.4)),
        width=float(rng.uniform(2.4, 3.2)),
        colour=rgb(np.array(style.colour) * 0.5),
    )


def bob(rng: np.random.Generator, style: HairStyle) -> HairStyle:
    return replace(
        style,
        hang=float(rng.uniform(55, 125)),
        volume=float(rng.uniform(12, 30)),
        side_volume=float(rng.uniform(9, 24)),
        lie=0.7,
        over_ears=1.0,
        forward=float(rng.uniform(-0.7, -0.1)),
        away=0.3,
        part=float(style.part * rng.uniform(0, 1)),
        fringe=float(rng.uniform(26, 45) if rng.random() < 0.4 else 0.0),
        curtain=float(rng.uniform(56, 72)),
        flare=float(rng.uniform(0.0, 0.25)),
        tuck=float(rng.uniform(0.0, 0.8)),
        curl=float(rng.uniform(0, 3)),
        receding=0.0,
        hairline=float(rng.normal(0, 3)),
        sideburn=float(rng.uniform(10, 30)),
        width=float(rng.uniform(2.6, 3.6)),
    )


def long(rng: np.random.Generator, style: HairStyle) -> HairStyle:
    return replace(
        bob(rng, style), hang=float(rng.uniform(140, 230)), tuck=0.0, curl=float(rng.choice([0.0, 2.0, 6.0]))
    )


def tied(rng: np.random.Generator, style: HairStyle) -> HairStyle:
    return replace(
        style,
        length=float(rng.uniform(200, 300)),
        side_length=float(rng.uniform(160, 260)),
        volume=float(rng.uniform(4, 10)),
        side_volume=float(rng.uniform(3, 6)),
        parted=0.0,
        tie=(float(rng.uniform(-20, 70)), 1.0),
        lie=0.9,
        receding=0.0,
        hairline=float(rng.normal(0, 3)),
        sideburn=float(rng.uniform(10, 30)),
    )


VARIANTS = {
    variant.__name__: variant for variant in (bald, receding, cropped, side_part, fringe, curly, afro, bob, long, tied)
}
