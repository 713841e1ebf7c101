"""The paint under strands: hair colour on the skin between the roots, so that sparse ribbons read as full hair."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.faces.template import Slow, template_of
from recon.synthesis.facial_hair import beard_cover
from recon.synthesis.facial_hair_style import FacialHairStyle
from recon.synthesis.hair import ScalpPlaces, scalp_cover, scalp_places
from recon.synthesis.hair_style import HairStyle

ABOVE_HAIRLINE_MM = 30.0  # far enough that the painted cap's own hairline leaves no trace
FULL_BEARD_MM, MOST_BEARD = 12.0, 0.7  # beards of this length and more have this opacity


def paint_under(
    model: FaceModel, slow: Tensor, hair: HairStyle | None, facial_hair: FacialHairStyle | None
) -> Tensor:
    """`slow_values` (n, len(Slow)) with painted hair and beard replaced by what the strands need beneath them."""
    places, fields, bare = painted(model)
    slow = slow.clone()
    if hair is not None:
        slow[:, Slow.HAIR_MM] = ABOVE_HAIRLINE_MM
        slow[:, Slow.HAIR_COVER] = scalp_cover(places, hair) * hair.density * bare
    if facial_hair is not None:
        opacity = min(facial_hair.length / FULL_BEARD_MM, MOST_BEARD)
        slow[:, Slow.FACIAL] = beard_cover(places.place, fields, facial_hair) * opacity * bare
    return slow


@lru_cache(maxsize=4)
def painted(model: FaceModel) -> tuple[ScalpPlaces, dict[str, Tensor], Tensor]:
    """Of a model: its places, the template's fields, and 1 where skin may carry hair."""
    template = template_of(model)
    skin = torch.isin(model.region, torch.tensor([REGIONS.index(n) for n in ("skin", "scalp", "neck")]))
    bare = skin.float() * (1 - template.fields["ears"].clamp(0, 1)) * (1 - template.fields["clothes"].clamp(0, 1))
    return scalp_places(template.place_mm), template.fields, bare
