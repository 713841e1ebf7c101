"""All hair of a person: drawn together, grown together, and what paint under it must cover."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.faces.template import template_of
from recon.render.parts import Part
from recon.synthesis.brows import brow_part, lash_part
from recon.synthesis.facial_hair import beard_cover, bearded, facial_hair_part
from recon.synthesis.facial_hair_style import BrowStyle, Colour, FacialHairStyle, draw_brows, draw_facial_hair
from recon.synthesis.hair import BELOW_MM, ScalpPlaces, hair_part, scalp_cover, scalp_places
from recon.synthesis.hair_style import HairStyle, draw_hair_style

WOMEN = {"fringe": 0.6, "curly": 0.5, "afro": 0.4, "bob": 0.98, "long": 0.93, "tied": 0.85}  # of each cut's wearers
FEW_WOMEN = 0.04
UNSEEN_MM = 12.0  # skin is painted `THICKEST` under beards from this length
THICKEST = 0.7


@dataclass(frozen=True)
class Hairs:
    """Hair on the scalp, on the face, and brows with lashes."""

    scalp: HairStyle
    face: FacialHairStyle
    brows: BrowStyle


def draw_hairs(rng: np.random.Generator, colour: Colour | None = None) -> Hairs:
    """One person's hair; colour: linear RGB, drawn too where it is not given."""
    scalp = draw_hair_style(rng, colour)
    man = bool(rng.random() >= WOMEN.get(scalp.cut, FEW_WOMEN))
    return Hairs(
        scalp, draw_facial_hair(rng, scalp.colour, scalp.grey, man), draw_brows(rng, scalp.colour, scalp.grey, man)
    )


def hair_parts(model: FaceModel, vertices: Tensor, hairs: Hairs, seed: int) -> list[Part]:
    """All strands on a drawn head (n, 3) float32 mm in its own frame; a function of its arguments alone."""
    seeds = np.random.SeedSequence(seed).generate_state(4).tolist()
    parts = (
        hair_part(model, vertices, hairs.scalp, seeds[0]),
        facial_hair_part(model, vertices, hairs.face, seeds[1]),
        brow_part(model, vertices, hairs.brows, seeds[2]),
        lash_part(model, vertices, hairs.brows, seeds[3]),
    )
    return [part for part in parts if part is not None]


def hair_paint(model: FaceModel, hairs: Hairs) -> tuple[Tensor, Tensor]:
    """Opacity of hair painted on the skin under the strands: scalp (n,) and face (n,) in [0, 1] at the vertices."""
    where = painted(model)
    scalp, face = torch.zeros(len(model.mean)), torch.zeros(len(model.mean))
    if hairs.scalp.density > 0:
        scalp[where.scalp] = scalp_cover(where.scalp_places, hairs.scalp) * hairs.scalp.density * where.scalp_bare
    if hairs.face.kind != "none":
        cover = beard_cover(where.face_place, where.face_fields, hairs.face)
        face[where.face] = cover * min(hairs.face.length / UNSEEN_MM, THICKEST)
    return scalp, face


@dataclass(frozen=True)
class Painted:
    """Vertices of a model that hair may cover, and what decides it there.

    Attributes:
        scalp, face: (s,), (f,) int64 vertex ids. scalp_bare: (s,) 1 where skin may carry hair, less at its borders.
        scalp_places, face_place, face_fields: see `scalp_cover` and `beard_cover`.
    """

    scalp: Tensor
    scalp_bare: Tensor
    scalp_places: ScalpPlaces
    face: Tensor
    face_place: Tensor
    face_fields: dict[str, Tensor]


@lru_cache(maxsize=4)
def painted(model: FaceModel) -> Painted:
    """Find the vertices under hair."""
    template = template_of(model)
    fields = template.fields
    skin = torch.isin(model.region, torch.tensor([REGIONS.index(n) for n in ("skin", "scalp", "neck")]))
    bare = skin.float() * (1 - fields["ears"].clamp(0, 1)) * (1 - fields["clothes"].clamp(0, 1))
    scalp = torch.nonzero((bare > 0) & (scalp_places(template.place_mm).height > BELOW_MM)).view(-1)
    face = torch.nonzero((bare > 0) & bearded(template)).view(-1)
    return Painted(
        scalp=scalp,
        scalp_bare=bare[scalp],
        scalp_places=scalp_places(template.place_mm[scalp]),
        face=face,
        face_place=template.place_mm[face],
        face_fields={name: fields[name][face] for name in ("beard", "moustache", "lips")},
    )
