"""Beards and moustaches as strands on the drawn jaw."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.people.hair.facial_hair_style import FacialHairStyle
from recon.people.hair.head_field import clearance
from recon.people.hair.short_strands import bowed, draw_jitter, draw_widths, skin_normals, strand_colours
from recon.people.hair.strands import Roots, even_roots, ribbons
from recon.people.noise import solid_noise
from recon.people.part import Part
from recon.people.template import Template, smoothstep, template_of

ROOTS = 2600
LOCKS = 260
INNER_MM = 3.0  # skin that lies deeper than this is that of mouth and nostrils
THROAT_MM = (-146.0, -126.0)  # beards thin out from the jaw's edge to the throat


def facial_hair_part(model: FaceModel, vertices: Tensor, style: FacialHairStyle, seed: int) -> Part | None:
    """Beard and moustache on a drawn head (n, 3) float32 mm; the same arguments give the same part, None where bare."""
    if style.kind == "none":
        return None
    rng = np.random.default_rng(seed)
    roots, place, fields = beard_roots(model)
    cover = beard_cover(place, fields, style, tuple(rng.uniform(0, 47, 3)))
    kept = torch.from_numpy(rng.random(ROOTS, np.float32)) < cover
    if not bool(kept.any()):
        return None
    roots, place = roots.chosen(kept), place[kept]
    over_lip = fields["moustache"][kept]
    count = len(place)

    landed, normal = roots.carried(vertices), skin_normals(roots, vertices)
    chin = chin_share(place)
    length = torch.lerp(torch.lerp(torch.full((count,), style.length), chin.new_tensor(style.chin_length), chin),
                        chin.new_tensor(style.moustache_length), over_lip)  # fmt: skip
    length = length * torch.from_numpy(np.exp(0.2 * rng.standard_normal(count, np.float32)))
    sideways = torch.sign(place[:, 0]) * torch.lerp(
        0.15 * (1 - chin), smoothstep(0.0, 14.0, place[:, 0].abs()), over_lip
    )
    comb = torch.stack([sideways, torch.full((count,), -1.0), -0.2 * (1 - chin) * (1 - over_lip)], 1)
    bend = torch.tensor([0.0, -0.25, 0.0]) * (1 - 0.6 * over_lip[:, None])
    jitter = draw_jitter(rng, roots.lock, LOCKS, style.clumping, style.frizz)
    points = 2 if style.kind == "stubble" else 4
    lines = bowed(landed, normal, comb, length, style.stand, bend, jitter, points)
    return ribbons(
        REGIONS.index("facial_hair"),
        lines,
        normal[:, None].expand(-1, points, -1),
        draw_widths(rng, style.width, count),
        strand_colours(rng, style.colour, style.grey, style.variation, rng.standard_normal(count), 0.3),
        torch.from_numpy(0.5 * rng.standard_normal(count, np.float32)),
        taper=0.35,
        gloss=0.7,
        roughness=0.5,
    )


@lru_cache(maxsize=4)
def beard_roots(model: FaceModel) -> tuple[Roots, Tensor, dict[str, Tensor]]:
    """Roots of all beards, their (m, 3) places on the template, and the template's fields at them."""
    template = template_of(model)
    skin = torch.isin(model.region, torch.tensor([REGIONS.index(n) for n in ("skin", "neck")]))
    share = {name: template.fields[name] for name in ("beard", "moustache", "lips")}
    outer = skin & bearded(template) & (template.fields["lips"] < 0.3) & (template.fields["ears"] < 0.02)
    outer &= clearance(model, model.mean) > -INNER_MM
    roots = even_roots(model, outer * (1 + 2 * share["moustache"]), ROOTS, LOCKS)
    return roots, roots.carried(template.place_mm), {n: roots.carried(v[:, None])[:, 0] for n, v in share.items()}


def bearded(template: Template) -> Tensor:
    """(n,) bool: vertices that any beard may reach."""
    fields = template.fields
    jaw = fields["beard"] * jaw_share(template.place_mm)
    share = torch.maximum(torch.maximum(jaw, fields["moustache"]), sideburn_share(template.place_mm))
    return (share > 0.02) & (fields["mouth_inside"] == 0)


def beard_cover(
    place: Tensor, fields: dict[str, Tensor], style: FacialHairStyle, offset: tuple[float, float, float] = (0, 0, 0)
) -> Tensor:
    """Share of roots with a strand at places (m, 3) on the template, where its `fields` are given: (m,) in [0, 1]."""
    ragged = solid_noise(place.T.contiguous(), 7.0, offset)[0]
    jaw = smoothstep(0.1, 0.9, fields["beard"] * (1 + 0.3 * ragged)) * jaw_share(place, 3.0 * ragged)
    about = torch.lerp(torch.full_like(jaw, style.cheeks), torch.tensor(style.chin), chin_share(place))
    lip = smoothstep(0.15, 0.7, fields["moustache"] * (1 + 0.2 * ragged))
    beside = sideburn_share(place) * style.sideburn
    return torch.maximum(torch.maximum(jaw * about, lip * style.moustache), beside) * (1 - fields["lips"].clamp(0, 1))


def jaw_share(place: Tensor, ragged: Tensor | float = 0.0) -> Tensor:
    """(m,) 1 on the jaw and a little below it, 0 on the throat and behind the ears; ragged: mm of disorder (m,)."""
    azimuth = torch.atan2(place[:, 0].abs(), place[:, 2] + 70.0)
    return smoothstep(*THROAT_MM, place[:, 1] + ragged) * smoothstep(1.7, 1.4, azimuth + 0.02 * ragged)


def chin_share(place: Tensor) -> Tensor:
    """(m,) 1 about the chin and the corners of the mouth, 0 on the cheeks."""
    return smoothstep(38.0, 26.0, place[:, 0].abs()) * smoothstep(-30.0, -12.0, place[:, 2])


def sideburn_share(place: Tensor) -> Tensor:
    """(m,) 1 in front of the ears, between beard and sideburn."""
    azimuth = torch.atan2(place[:, 0].abs(), place[:, 2] + 70.0)
    band = smoothstep(1.13, 1.25, azimuth) * smoothstep(1.5, 1.42, azimuth)
    return band * smoothstep(10.0, -10.0, place[:, 1]) * smoothstep(-80.0, -60.0, place[:, 1])
