"""What a person's skin is like up close: age, oil, and where furrows run, how deep, by age and expression.

Furrows are named by zone (forehead lines, crow's feet, ...). A zone holds lines side by side; each vertex of a model
lies in one zone at most and knows its phase there, whole numbers being the middles of lines. `relief` turns
phase and depth into a height at each point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import FaceModel
from recon.people.appearance import rgb
from recon.people.noise import solid_noise
from recon.people.template import Slow, Template, near, smoothstep

YOUNGEST, OLDEST = 18.0, 85.0  # years
LINES_MM, PORES_MM = 2.1, 0.9  # waves of the fine lines' net and of pores
WANDER_MM = 14.0  # grain of the noise that bends and breaks lines


class Crease(IntEnum):
    """Columns of `creases`."""

    PHASE = 0  # whole in the middle of a furrow
    DEPTH_MM = 1
    HALF = 2  # half width of a furrow, in phase
    LINES_MM = 3  # height of the net of fine lines
    PORES_MM = 4


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


def activities(names: Sequence[str], expression: Tensor) -> list[float]:
    """How much an expression (e,) moves each of ZONES: the strongest of its units, in [0, 1]."""
    moved = dict(zip(names, expression.tolist(), strict=True))
    found = []
    for zone in ZONES.values():
        units = [amount for name, amount in moved.items() if amount > 0 and name.startswith(zone.units)]
        found.append(min(max(units, default=0.0), 1.0))
    return found


@dataclass(frozen=True)
class Furrows:
    """Where a model's furrows run.

    Attributes:
        held: (h,) int64 vertices that have furrows.
        zone: (h,) int64, number in ZONES. share: (h,) float32, 0 at the zone's rim to 1. place_mm: (3, h), template.
        phase: (h,) of unit spacing. lone: (h,) bool, folds that are one line whatever the person.
        lines, pores, oily: (n,) float32, where fine lines, pores and oil are, 0 to 1. skin: (n,) 0 or 1.
    """

    held: Tensor
    zone: Tensor
    share: Tensor
    place_mm: Tensor
    phase: Tensor
    lone: Tensor
    lines: Tensor
    pores: Tensor
    oily: Tensor
    skin: Tensor


def furrows_of(model: FaceModel, template: Template) -> Furrows:
    """Lay out the zones on a model by its places on the template (mm; see `Template`)."""
    place, fields = template.place_mm, template.fields
    x, y, z = place.unbind(1)
    side = x.abs()
    marks = place[model.landmarks]
    corner = marks[45].tolist()  # outer corner of the left eye
    front = smoothstep(-8.0, 4.0, z)

    def between(low: float, high: float, values: Tensor, fade: float) -> Tensor:
        return smoothstep(low, low + fade, values) * smoothstep(high, high - fade, values)

    out = torch.sqrt((side - corner[0] + 5).clamp(min=0) ** 2 + (z - corner[2] - 6).clamp(max=0) ** 2 + 1e-6)
    angle = torch.atan2(y - corner[1], out)
    radius = torch.sqrt(out**2 + (y - corner[1]) ** 2)
    trough = -12.5 - 3.0 * torch.sin(torch.pi * (side - 18) / 30)
    fold = 17.0 + 0.58 * (-45 - y) - 0.0018 * (-45 - y).clamp(min=0) ** 2
    mouth = 30.5 + 0.22 * (-84 - y).clamp(min=0)
    arch = 2.5 * torch.sin(torch.pi * (side / 56).clamp(max=1)) ** 2

    def lone(distance: Tensor, name: str) -> Tensor:
        return (distance / ZONES[name].spacing_mm).clamp(-0.5, 0.5)

    layout = {  # phase, share
        "forehead": ((y - arch) / 9.0, between(27, 64, y, 8) * smoothstep(54, 30, side) * front),
        "glabella": (lone(side - 6.5 - 0.12 * (y - 14), "glabella"), between(4, 29, y, 7) * (side < 15) * (z > 15)),
        "crow's feet": (
            angle / 0.3,
            between(9, 36, radius, 8) * smoothstep(1.2, 0.8, angle.abs()) * (z < corner[2] + 6),
        ),
        "under eye": ((y - trough) / 5.0, between(17, 46, side, 7) * between(-27, -9, y, 4) * front),
        "nasolabial": (lone(0.82 * (side - fold), "nasolabial"), between(-89, -41, y, 9) * front),
        "marionette": (lone(side - mouth, "marionette"), between(-113, -90, y, 7) * front),
        "above lips": (x / 4.6, between(-66, -56.5, y, 3) * smoothstep(22, 15, side) * front * (fields["lips"] < 0.05)),
        "lips": (x / 2.3, smoothstep(0.5, 0.95, fields["lips"])),
        "neck": ((y - 0.004 * side**2) / 24.0, between(-235, -132, y, 14) * smoothstep(70, 40, side) * (z < 0)),
    }
    phases = torch.stack([layout[name][0] for name in ZONES], 1)
    shares = torch.stack([layout[name][1] for name in ZONES], 1)
    is_lone = torch.tensor([name in LONE for name in ZONES])
    shares = torch.where(is_lone & (phases.abs() == 0.5), 0.0, shares)
    others = torch.stack([fields[name] for name in ("eyes", "teeth", "mouth_inside", "clothes", "background")])
    skin = others.sum(0).clamp(0, 1) < 0.5
    shares = shares * skin[:, None]
    share, zone = shares.max(1)

    # A triangle that reaches into another zone must not carry furrows: phases of two zones do not go together.
    corners = zone[model.triangles.long()]
    torn = (corners != corners[:, :1]).any(1)
    share[model.triangles[torn].long().view(-1)] = 0.0

    thick = 1 - 0.7 * fields["lips"].clamp(0, 1)
    cheeks = near(place, (marks[2] + marks[31]) / 2, 24.0) + near(place, (marks[14] + marks[35]) / 2, 24.0)
    oily = (
        smoothstep(55, 20, side) * between(24, 75, y, 14) * front
        + near(place, marks[30], 14.0)
        + near(place, marks[28], 9.0)
        + 0.8 * near(place, marks[8], 14.0)
        + 0.35 * cheeks
    )
    held = model.triangles[(share[model.triangles.long()] > 0).any(1)].long().unique()  # the rim needs its phase too
    return Furrows(
        held=held,
        zone=zone[held],
        share=share[held],
        place_mm=place[held].T.contiguous(),
        phase=phases[held, zone[held]],
        lone=is_lone[zone[held]],
        lines=skin * thick,
        pores=skin * (0.25 + 0.75 * (cheeks + near(place, marks[30], 16.0)).clamp(0, 1)) * thick,
        oily=oily.clamp(0, 1.2) * skin,
        skin=skin.float(),
    )


def creases(
    furrows: Furrows, slow: Tensor, skin: Skin, names: Sequence[str], expression: Tensor, pixel_mm: float
) -> Tensor:
    """(n, len(Crease)) float32: the relief of a person with an expression (e,), as pixels of `pixel_mm` resolve it.

    slow: (n, len(Slow)) of the person; painted hair covers the relief. A furrow thinner than a pixel is shown as wide
    as one and as much shallower; lines closer than pixels can tell apart fade.
    """
    rows = []
    for k, (zone, moved) in enumerate(zip(ZONES.values(), activities(names, expression), strict=True)):
        rest = zone.young_mm + (zone.old_mm - zone.young_mm) * skin.aged
        depth = skin.depths[k] * (rest + zone.moved_mm * moved * (0.45 + 0.55 * skin.aged))
        spacing = zone.spacing_mm / skin.spacings[k]
        half = max(zone.half_mm, 0.6 * pixel_mm)
        rows.append(
            (
                skin.spacings[k],
                skin.phases[k],
                depth * zone.half_mm / half * resolved(spacing, pixel_mm),
                half / spacing,
                zone.wander,
            )
        )
    gain, shift, depth, half, wander = torch.tensor(rows, dtype=torch.float32).T[:, furrows.zone]
    bend, strength = solid_noise(furrows.place_mm, WANDER_MM, skin.offset)
    uneven = torch.where(furrows.lone, 0.15, 0.5)
    gain, shift = torch.where(furrows.lone, 1.0, gain), torch.where(furrows.lone, 0.0, shift)
    found = slow.new_zeros(len(slow), len(Crease))
    if resolved(LINES_MM, pixel_mm) > 0:
        bare = bareness(slow)
        found[:, Crease.LINES_MM] = skin.lines_mm * bare * furrows.lines
        found[:, Crease.PORES_MM] = skin.pores_mm * bare * furrows.pores
    held = {
        Crease.PHASE: furrows.phase * gain + shift + wander * bend,
        Crease.DEPTH_MM: furrows.share
        * bareness(slow[furrows.held])
        * depth
        * (0.9 + uneven * strength).clamp(0.05, 1.6),
        Crease.HALF: half,
    }
    for column, values in held.items():
        found[furrows.held, column] = values
    return found


def resolved(wave_mm: float, pixel_mm: float) -> float:
    """Share of a wave's height that pixels of that size show: all from 4 pixels a wave on, nothing below 2.5."""
    t = min(max((wave_mm / pixel_mm - 2.5) / 1.5, 0.0), 1.0)
    return t * t * (3 - 2 * t)


def bareness(slow: Tensor) -> Tensor:
    """(n,) share of the skin that painted hair leaves bare."""
    height = slow[:, Slow.HAIR_MM]
    return 1 - torch.maximum(smoothstep(-4.0, 10.0, height) * slow[:, Slow.HAIR_COVER], slow[:, Slow.FACIAL]).clamp(
        0, 1
    )


def skin_gloss(furrows: Furrows, skin: Skin) -> Tensor:
    """(n,) gain on the skin's gloss by oil and sweat; 0 on eyes, teeth, the mouth's inside and clothes."""
    return furrows.skin * (0.75 + 0.25 * skin.oil) + (1.1 * skin.oil + 1.3 * skin.sweat) * furrows.oily
