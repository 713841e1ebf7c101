"""What a person's skin is like up close: age, oil, pores, and how deep furrows are by age and expression.

Furrows are named by zone (forehead lines, crow's feet, ...); where they run, `furrows` knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recon.people.appearance import rgb

YOUNGEST, OLDEST = 18.0, 85.0  # years


@dataclass(frozen=True)
class Zone:
    """Furrows that deepen together.

    Attributes:
        spacing_mm: from one line to the next; of a lone fold, the width of all its slopes.
        half_mm: half width of a furrow.
        young_mm, old_mm: depth at 25 and 80 with a face at rest. moved_mm: added by the full activity of `units`.
        wander: how far noise shifts lines, in phase.
        units: expression units that deepen it, without the side's name.
    """

    spacing_mm: float
    half_mm: float
    young_mm: float
    old_mm: float
    moved_mm: float
    wander: float
    units: tuple[str, ...] = ()

    def depth_mm(self, aged: float, moved: float) -> float:
        """How deep its furrows are in a skin `aged` so far (`Skin.aged`), with so much of their units active."""
        rest = self.young_mm + (self.old_mm - self.young_mm) * aged
        return rest + self.moved_mm * moved * (0.45 + 0.55 * aged)


ZONES = {
    "forehead": Zone(9.0, 0.95, 0.01, 0.26, 0.26, 0.22, ("browInnerUp", "browOuterUp")),
    "glabella": Zone(12.0, 1.5, 0.01, 0.24, 0.28, 0.18, ("browDown",)),
    "crow's feet": Zone(6.0, 0.9, 0.01, 0.28, 0.28, 0.25, ("eyeSquint", "cheekSquint", "mouthSmile")),
    "under eye": Zone(5.0, 0.9, 0.02, 0.24, 0.12, 0.2, ("eyeSquint", "cheekSquint")),
    "nasolabial": Zone(17.0, 2.8, 0.06, 0.70, 0.50, 0.06, ("mouthSmile", "noseSneer", "mouthUpperUp", "cheekSquint")),
    "marionette": Zone(14.0, 1.7, 0.0, 0.42, 0.2, 0.06, ("mouthFrown", "mouthShrugLower")),
    "above lips": Zone(4.6, 0.6, 0.0, 0.09, 0.10, 0.3, ("mouthPucker", "mouthFunnel")),
    "lips": Zone(2.3, 0.5, 0.05, 0.08, 0.05, 0.4, ("mouthPucker",)),
    "neck": Zone(24.0, 1.3, 0.04, 0.28, 0.0, 0.15),
}
LONE = ("glabella", "nasolabial", "marionette")  # one fold on either side, whatever the person


@dataclass(frozen=True)
class Skin:
    """One person's skin up close.

    Attributes:
        age: years.
        depths: gain on the depth of each of ZONES' furrows. spacings: gain on their number; phases: their shift.
        lines_mm, pores_mm: height of the net of fine lines and depth of pores.
        oil: gain on gloss of forehead, nose and chin, 0 dry to 1. sweat: the same with a tighter highlight.
        offset: shift of the noise, in cells.
    """

    age: float
    depths: tuple[float, ...]
    spacings: tuple[float, ...]
    phases: tuple[float, ...]
    lines_mm: float
    pores_mm: float
    oil: float
    sweat: float
    offset: tuple[float, float, float]

    @property
    def aged(self) -> float:
        """0 at 25 years and below to 1 at 80."""
        return float(np.clip((self.age - 25) / 55, 0, 1.1) ** 1.3)


def draw_skin(rng: np.random.Generator) -> Skin:
    """A broad mix of adults, as many young as old."""
    age = float(np.clip(rng.normal(43, 17), YOUNGEST, OLDEST))
    count = len(ZONES)
    return Skin(
        age=age,
        depths=tuple(float(g) for g in np.exp(rng.normal(0, 0.3, count))),
        spacings=tuple(float(g) for g in np.exp(rng.normal(0, 0.15, count))),
        phases=tuple(float(p) for p in rng.uniform(0, 1, count)),
        lines_mm=float((0.007 + 0.018 * np.clip((age - 25) / 55, 0, 1)) * np.exp(rng.normal(0, 0.25))),
        pores_mm=float(0.025 * np.exp(rng.normal(0, 0.4))),
        oil=float(rng.beta(1.5, 2.5)),
        sweat=float(rng.uniform(0.3, 1.0) if rng.random() < 0.08 else 0.0),
        offset=rgb(rng.uniform(0, 47, 3)),
    )


def activities(active: Mapping[str, float]) -> list[float]:
    """How much active units (`FaceModel.activations`) move each of ZONES: the strongest of its own, in [0, 1]."""
    found = []
    for zone in ZONES.values():
        units = [amount for name, amount in active.items() if amount > 0 and name.startswith(zone.units)]
        found.append(min(max(units, default=0.0), 1.0))
    return found
