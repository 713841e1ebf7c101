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
from recon.synthesis.facial_hair import beard_cover, facial_hair_part
from recon.synthesis.facial_hair_style import BrowStyle, Colour, FacialHairStyle, draw_brows, draw_facial_hair
from recon.synthesis.hair import ScalpPlaces, hair_part, scalp_cover, scalp_places
from recon.synthesis.hair_style import HairStyle, draw_hair_style

WOMEN = {"fringe": 0.6, "curly": 0.5, "afro": 0.4, "bob": 0.98, "long": 0.93, "tied": 0.85}  # of each cut's wearers
FEW_WOMEN = 0.04


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
    places, fields, bare = painted(model)
    scalp = scalp_cover(places, hairs.scalp) * hairs.scalp.density
    face = beard_cover(places.place, fields, hairs.face) * min(hairs.face.length / 12.0, 0.7)
    return scalp * bare, face * bare


@lru_cache(maxsize=4)
def painted(model: FaceModel) -> tuple[ScalpPlaces, dict[str, Tensor], Tensor]:
    """What `hair_paint` needs of a model: places, the template's fields, 1 where skin may carry hair."""
    template = template_of(model)
    skin = torch.isin(model.region, torch.tensor([REGIONS.index(n) for n in ("skin", "scalp", "neck")]))
    bare = skin.float() * (1 - template.fields["ears"].clamp(0, 1)) * (1 - template.fields["clothes"].clamp(0, 1))
    return scalp_places(template.place_mm), template.fields, bare
