"""What a person looks like apart from shape: pigments, hair, eyes, clothes, drawn from a broad mix of adults."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HAIR_COLOURS = (  # linear RGB: black, dark and light brown, blond, grey, white
    (0.012, 0.010, 0.009),
    (0.035, 0.022, 0.014),
    (0.11, 0.06, 0.03),
    (0.30, 0.19, 0.09),
    (0.33, 0.32, 0.31),
    (0.62, 0.61, 0.59),
)
IRIS_COLOURS = ((0.05, 0.025, 0.012), (0.10, 0.055, 0.025), (0.09, 0.10, 0.06), (0.10, 0.16, 0.22), (0.14, 0.20, 0.26))


@dataclass(frozen=True)
class Appearance:
    """What a drawn person looks like, apart from shape. Colours are linear RGB in [0, 1].

    Attributes:
        melanin, haemoglobin: skin pigments; blotch, mottle, freckles: strengths of their variation.
        blush: extra haemoglobin on cheeks, nose and ears. lips: extra haemoglobin of the lips.
        brow, brow_height_mm, brow_half_mm: strength, vertical shift and half thickness of the brows; brow_tilt_mm,
            brow_outer, brow_inner: see `recon.faces.brows.along_brow`.
        beard, moustache: opacity of painted facial hair, 0 to 1; shaven: bluish shade of shaven skin.
        hair: colour; hair_cover: 0 bald to 1; hairline_mm: shift of the hairline, up is positive; hair_mm: thickness.
        iris, iris_half_deg, pupil_half_deg, sclera: eyes. teeth: brightness. gloss: strength of the skin's highlights.
        shirt, jacket: colours of clothes; collar_mm: half width of the collar's opening at the front.
        offset: (3,) shift of all noises, in cells. lids: how dark the skin about the eyes is, 0 to 1.
    """

    melanin: float
    haemoglobin: float
    blotch: float
    mottle: float
    freckles: float
    blush: float
    lips: float
    brow: float
    brow_height_mm: float
    brow_half_mm: float
    beard: float
    moustache: float
    shaven: float
    hair: tuple[float, float, float]
    hair_cover: float
    hairline_mm: float
    hair_mm: float
    iris: tuple[float, float, float]
    iris_half_deg: float
    pupil_half_deg: float
    sclera: float
    teeth: float
    gloss: float
    shirt: tuple[float, float, float]
    jacket: tuple[float, float, float]
    collar_mm: float
    offset: tuple[float, float, float]
    lids: float = 0.0
    brow_tilt_mm: float = 0.0
    brow_outer: float = 0.0
    brow_inner: float = 1.0


def draw_appearance(rng: np.random.Generator, melanin_scale: float = 1.0, melanin_power: float = 1.0) -> Appearance:
    """A broad mix of adults; the same generator state gives the same person, but for melanin m: scale * m ** power."""

    def colour(choices: tuple[tuple[float, float, float], ...], weights: list[float]) -> tuple[float, float, float]:
        base = np.array(choices[rng.choice(len(choices), p=weights)])
        return rgb(np.clip(base * np.exp(rng.normal(0, 0.25)) * np.exp(rng.normal(0, 0.06, 3)), 0, 0.9))

    melanin = float(np.exp(rng.uniform(np.log(0.08), np.log(1.25))) if rng.random() < 0.6 else rng.uniform(0.1, 0.38))
    bearded = rng.random() < 0.2
    grey_shirt = rng.random() < 0.6
    shirt = rng.uniform(0.5, 0.85) * np.ones(3) if grey_shirt else rng.uniform(0.02, 0.7, 3)
    suit = (
        rng.uniform(0.008, 0.06) * (1 + rng.uniform(-0.3, 0.3, 3)) if rng.random() < 0.7 else rng.uniform(0.02, 0.5, 3)
    )
    return Appearance(
        melanin=float(np.clip(melanin_scale * melanin**melanin_power, 0.03, 2.0)),
        haemoglobin=float(rng.uniform(0.10, 0.26)),
        blotch=float(rng.uniform(0.03, 0.14)),
        mottle=float(rng.uniform(0.02, 0.09)),
        freckles=float(rng.uniform(0.2, 0.9) if rng.random() < 0.12 else 0.0),
        blush=float(rng.uniform(0.05, 0.5)),
        lips=float(rng.uniform(0.05, 0.35) if rng.random() < 0.85 else rng.uniform(0.4, 0.9)),
        brow=float(rng.uniform(0.35, 1.0)),
        brow_height_mm=float(rng.normal(0, 1.2)),
        brow_half_mm=float(rng.uniform(3.0, 5.5)),
        beard=float(rng.uniform(0.3, 1.0) if bearded else 0.0),
        moustache=float(rng.uniform(0.3, 1.0) if bearded or rng.random() < 0.06 else 0.0),
        shaven=float(rng.uniform(0.0, 0.5) if rng.random() < 0.5 else 0.0),
        hair=colour(HAIR_COLOURS, [0.24, 0.22, 0.18, 0.10, 0.16, 0.10]),
        hair_cover=float(0.0 if rng.random() < 0.12 else rng.uniform(0.7, 1.0)),
        hairline_mm=float(rng.normal(4, 8)),
        hair_mm=float(rng.uniform(3, 26)),
        iris=colour(IRIS_COLOURS, [0.4, 0.2, 0.12, 0.14, 0.14]),
        iris_half_deg=float(rng.uniform(24, 28)),
        pupil_half_deg=float(rng.uniform(7, 13)),
        sclera=float(rng.uniform(0.5, 0.75)),
        teeth=float(rng.uniform(0.45, 0.75)),
        gloss=float(rng.uniform(0.3, 1.3)),
        shirt=rgb(shirt),
        jacket=rgb(suit),
        collar_mm=float(rng.uniform(18, 45)),
        offset=rgb(rng.uniform(0, 47, 3)),
    )


def rgb(values: np.ndarray) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
