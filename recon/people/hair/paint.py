"""The paint under strands: hair colour on the skin between the roots, so that sparse ribbons read as full hair."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.people.hair.cuts import HairStyle
from recon.people.hair.facial_hair import beard_cover, bearded
from recon.people.hair.facial_hair_style import FacialHairStyle
from recon.people.hair.scalp import BELOW_MM, ScalpPlaces, scalp_cover, scalp_places
from recon.people.template import Slow, template_of

ABOVE_HAIRLINE_MM = 30.0  # far enough that the painted cap's own hairline leaves no trace
FULL_BEARD_MM, MOST_BEARD = 12.0, 0.7  # beards of this length and more have this opacity


@dataclass(frozen=True)
class Painted:
    """Where a model may carry painted hair: vertex ids (m,), and of these, places and what thins the paint, [0, 1]."""

    scalp: Tensor
    scalp_places: ScalpPlaces
    scalp_bare: Tensor
    face: Tensor
    face_place: Tensor
    face_fields: dict[str, Tensor]
    face_bare: Tensor


def paint_under(model: FaceModel, slow: Tensor, hair: HairStyle | None, facial_hair: FacialHairStyle | None) -> Tensor:
    """`slow_values` (n, len(Slow)) with painted hair and beard replaced by what the strands need beneath them."""
    where = painted(model)
    slow = slow.clone()
    if hair is not None:
        slow[:, Slow.HAIR_MM] = ABOVE_HAIRLINE_MM
        slow[:, Slow.HAIR_COVER] = 0
        slow[where.scalp, Slow.HAIR_COVER] = scalp_cover(where.scalp_places, hair) * hair.density * where.scalp_bare
    if facial_hair is not None:
        opacity = min(facial_hair.length / FULL_BEARD_MM, MOST_BEARD)
        cover = beard_cover(where.face_place, where.face_fields, facial_hair)
        slow[:, Slow.FACIAL] = 0
        slow[where.face, Slow.FACIAL] = cover * opacity * where.face_bare
    return slow


@lru_cache(maxsize=4)
def painted(model: FaceModel) -> Painted:
    template = template_of(model)
    skin = torch.isin(model.region, torch.tensor([REGIONS.index(n) for n in ("skin", "scalp", "neck")]))
    bare = skin.float() * (1 - template.fields["ears"].clamp(0, 1)) * (1 - template.fields["clothes"].clamp(0, 1))
    above = scalp_places(template.place_mm).height > BELOW_MM
    scalp, face = (torch.nonzero(where & (bare > 0)).view(-1) for where in (above, bearded(template)))
    return Painted(
        scalp=scalp,
        scalp_places=scalp_places(template.place_mm[scalp]),
        scalp_bare=bare[scalp],
        face=face,
        face_place=template.place_mm[face],
        face_fields={name: values[face] for name, values in template.fields.items()},
        face_bare=bare[face],
    )
