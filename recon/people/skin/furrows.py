"""Where furrows run on a model, and how deep one person's are at its vertices.

A zone holds lines side by side; each vertex of a model lies in one zone at most and knows its phase there, whole
numbers being the middles of lines. `relief` turns phase and depth into a height at each point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import torch
from torch import Tensor

from recon.faces.model import FaceModel
from recon.people.noise import solid_noise
from recon.people.skin.wrinkles import LONE, ZONES, Skin, activities
from recon.people.template import Slow, Template, near, smoothstep

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
    fields = template.fields
    phases, shares = laid_out(model, template)
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

    held = model.triangles[(share[model.triangles.long()] > 0).any(1)].long().unique()  # the rim needs its phase too
    place, marks = template.place_mm, template.place_mm[model.landmarks]
    thick = 1 - 0.7 * fields["lips"].clamp(0, 1)
    cheeks = near(place, (marks[2] + marks[31]) / 2, 24.0) + near(place, (marks[14] + marks[35]) / 2, 24.0)
    return Furrows(
        held=held,
        zone=zone[held],
        share=share[held],
        place_mm=place[held].T.contiguous(),
        phase=phases[held, zone[held]],
        lone=is_lone[zone[held]],
        lines=skin * thick,
        pores=skin * (0.25 + 0.75 * (cheeks + near(place, marks[30], 16.0)).clamp(0, 1)) * thick,
        oily=oiliness(place, marks, cheeks).clamp(0, 1.2) * skin,
        skin=skin.float(),
    )


def between(low: float, high: float, values: Tensor, fade: float) -> Tensor:
    """1 within low and high, 0 outside, changing over `fade`."""
    return smoothstep(low, low + fade, values) * smoothstep(high, high - fade, values)


def in_front(place: Tensor) -> Tensor:
    """(n,) 1 on the front of the face to 0 behind it."""
    return smoothstep(-8.0, 4.0, place[:, 2])


def laid_out(model: FaceModel, template: Template) -> tuple[Tensor, Tensor]:
    """Phase and share (n, len(ZONES)) of every zone at the vertices; a lone fold's phase is cut at +-0.5."""
    place, fields = template.place_mm, template.fields
    x, y, z = place.unbind(1)
    side = x.abs()
    marks = place[model.landmarks]
    corner = marks[45].tolist()  # outer corner of the left eye
    front = in_front(place)
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
    phases, shares = zip(*(layout[name] for name in ZONES), strict=True)
    return torch.stack(phases, 1), torch.stack(shares, 1)


def oiliness(place: Tensor, marks: Tensor, cheeks: Tensor) -> Tensor:
    """(n,) 0 and up, where skin gets oily: forehead, nose, chin, a little the `cheeks` (n,); places on the template."""
    x, y, _ = place.unbind(1)
    forehead = smoothstep(55, 20, x.abs()) * between(24, 75, y, 14) * in_front(place)
    return (
        forehead
        + near(place, marks[30], 14.0)
        + near(place, marks[28], 9.0)
        + 0.8 * near(place, marks[8], 14.0)
        + 0.35 * cheeks
    )


def creases(furrows: Furrows, slow: Tensor, skin: Skin, active: Mapping[str, float], pixel_mm: float) -> Tensor:
    """(n, len(Crease)) float32: the relief of a person with these units active, as pixels of `pixel_mm` resolve it.

    slow: (n, len(Slow)) of the person; painted hair covers the relief. A furrow thinner than a pixel is shown as wide
    as one and as much shallower; lines closer than pixels can tell apart fade.
    """
    rows = []
    for k, (zone, moved) in enumerate(zip(ZONES.values(), activities(active), strict=True)):
        depth = skin.depths[k] * zone.depth_mm(skin.aged, moved)
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
