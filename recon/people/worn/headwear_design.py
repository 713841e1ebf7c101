"""Which headwear there is: kinds, measures and colours, drawn at random, and where its edges run on the template."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from recon.people.appearance import rgb
from recon.people.noise import solid_noise

KINDS = ("cap", "beanie", "hat", "headscarf", "turban", "band")
SHARES = (0.30, 0.24, 0.16, 0.14, 0.06, 0.10)


@dataclass(frozen=True)
class Headwear:
    """Something drawn to wear on a head. Lengths in mm; colours linear RGB.

    Attributes:
        kind: one of KINDS.
        front, side, back: heights of the hem on the template.
        thick: of the stuff; fold: height of its folds.
        crown: how far the top stands over the scalp; slouch: how far a beanie's top hangs back.
        cuff: height of a beanie's turned-up hem, of a hat's ribbon and of a band.
        brim: length of visor or brim; droop_deg: how far it points down; curl: how far its sides bend, up is positive.
        turn_deg: azimuth of the visor.
        colour, second: of the stuff, and of stripes, ribbon and visor; stripes: their number from hem to top.
        offset: (3,) shift of the noise, in cells. gloss, roughness: of the stuff.
    """

    kind: str
    front: float
    side: float
    back: float
    thick: float
    fold: float
    crown: float
    slouch: float
    cuff: float
    brim: float
    droop_deg: float
    curl: float
    turn_deg: float
    colour: tuple[float, float, float]
    second: tuple[float, float, float]
    stripes: int
    offset: tuple[float, float, float]
    gloss: float
    roughness: float


def draw_headwear(rng: np.random.Generator) -> Headwear:
    """A broad mix; the same generator state gives the same piece."""
    kind = str(rng.choice(KINDS, p=SHARES))
    colour, second = dye(rng), dye(rng)
    front, side, back = {
        "cap": (rng.uniform(38, 52), rng.uniform(12, 20), rng.uniform(-22, 0)),
        "beanie": (rng.uniform(36, 58), rng.uniform(8, 24), rng.uniform(-40, -10)),
        "hat": (rng.uniform(38, 54), rng.uniform(16, 24), rng.uniform(0, 18)),
        "headscarf": (rng.uniform(36, 58), 0.0, 0.0),
        "turban": (rng.uniform(36, 50), rng.uniform(8, 20), rng.uniform(-20, 0)),
        "band": (rng.uniform(36, 50), rng.uniform(16, 28), rng.uniform(-5, 15)),
    }[kind]
    bucket = rng.random() < 0.35
    return Headwear(
        kind=kind,
        front=float(front),
        side=float(side),
        back=float(back),
        thick=float(rng.uniform(1.5, 3.0) if kind in ("cap", "hat") else rng.uniform(2.0, 4.0)),
        fold=float(rng.uniform(1.5, 4.0) if kind == "headscarf" else rng.uniform(0.2, 1.2)),
        crown=float({"hat": rng.uniform(4, 18), "turban": rng.uniform(14, 28)}.get(kind, rng.uniform(2, 10))),
        slouch=float(rng.uniform(15, 45) if rng.random() < 0.4 else rng.uniform(0, 12)),
        cuff=float(rng.uniform(25, 60) if kind in ("band", "beanie") and rng.random() < 0.6 else rng.uniform(14, 28)),
        brim=float(rng.uniform(58, 76) if kind == "cap" else rng.uniform(38, 60) if bucket else rng.uniform(40, 78)),
        droop_deg=float(
            rng.uniform(8, 24) if kind == "cap" else rng.uniform(25, 48) if bucket else rng.uniform(-4, 12)
        ),
        curl=float(rng.uniform(-16, -3) if kind == "cap" else 0.0 if bucket else rng.normal(4, 9)),
        turn_deg=float(180.0 if rng.random() < 0.12 else rng.normal(0, 3)),
        colour=colour,
        second=second if rng.random() < 0.5 else colour,
        stripes=int(rng.integers(2, 9)),
        offset=rgb(rng.uniform(0, 47, 3)),
        gloss=float(rng.uniform(0.0, 0.25) if kind != "headscarf" else rng.uniform(0.0, 0.8)),
        roughness=float(rng.uniform(0.5, 0.9)),
    )


def dye(rng: np.random.Generator) -> tuple[float, float, float]:
    """Dark, grey, pale and coloured cloth."""
    kind = rng.random()
    if kind < 0.35:
        return rgb(rng.uniform(0.01, 0.06) * (1 + rng.uniform(-0.3, 0.3, 3)))
    if kind < 0.6:
        return rgb(rng.uniform(0.1, 0.75) * (1 + rng.uniform(-0.08, 0.08, 3)))
    vivid = rng.uniform(0.02, 0.6, 3) ** rng.uniform(0.8, 1.6)
    return rgb(vivid.mean() + rng.uniform(0.3, 0.9) * (vivid - vivid.mean()))


def hem_height(worn: Headwear, azimuth: np.ndarray) -> np.ndarray:
    """Height of the hem on the template: through front, side and back, smoothly in between."""
    ahead = np.cos(azimuth)
    return worn.side + np.where(ahead > 0, worn.front - worn.side, worn.back - worn.side) * ahead**2


def face_opening(worn: Headwear, height: np.ndarray) -> np.ndarray:
    """Half the azimuth of a headscarf's opening at heights on the template: an oval from the hem to under the chin."""
    bottom = -122.0
    middle, half = (worn.front + bottom) / 2, (worn.front - bottom) / 2
    narrow = 1 - 0.25 * np.clip((-50 - height) / 70, 0, 1)  # along the jaw
    return np.radians(52) * narrow * np.clip(1 - np.abs((height - middle) / half) ** 2.4, 0, 1) ** 0.5


def cloth_noise(places: np.ndarray, worn: Headwear, cell: float | tuple[float, float, float]) -> np.ndarray:
    """(...) of places (..., 3)."""
    flat = torch.from_numpy(places.reshape(-1, 3).T.astype(np.float32).copy())
    return solid_noise(flat, cell, worn.offset)[0].double().numpy().reshape(places.shape[:-1])
