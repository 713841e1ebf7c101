"""What is laid over a drawn head: hair, beard, glasses, headwear, things, clothes, drawn, and as parts to render."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from recon.faces.model import FaceModel
from recon.people.appearance import Appearance
from recon.people.config import DressConfig
from recon.people.hair.brows import brow_part, lash_part
from recon.people.hair.cuts import HairStyle, draw_hair_style
from recon.people.hair.facial_hair import facial_hair_part
from recon.people.hair.facial_hair_style import BrowStyle, FacialHairStyle, draw_brows, draw_facial_hair
from recon.people.hair.scalp_hair import hair_part
from recon.people.part import Part
from recon.people.worn.clothes import Clothes, clothes_part, draw_clothes, raised
from recon.people.worn.glasses import Glasses, draw_glasses, glasses_parts
from recon.people.worn.headwear import Headwear, draw_headwear, headwear_part
from recon.people.worn.objects import Thing, draw_object, object_part

WOMENS_CUTS = ("fringe", "bob", "long", "tied")
PAINTED_BROW = 0.35  # strength of the paint under the brows' strands
SHAVEN_UNDER_BEARD = 0.4


@dataclass(frozen=True)
class Dress:
    """What one drawn person has on; None for what it has not. seed: of the strands. hides: see `DressConfig`."""

    hair: HairStyle | None = None
    brows: BrowStyle | None = None
    facial_hair: FacialHairStyle | None = None
    glasses: Glasses | None = None
    headwear: Headwear | None = None
    thing: Thing | None = None
    clothes: Clothes | None = None
    seed: int = 0
    hides: tuple[str, ...] = ()


def draw_dress(seed: tuple[int, ...], config: DressConfig, appearance: Appearance) -> Dress:
    """One person's things. Each has a generator of its own, so that a switch changes nothing else."""

    def generator(thing: int) -> np.random.Generator:
        return np.random.default_rng((*seed, thing))

    worn, random = generator(0).random(6), generator(1)
    if generator(8).random() >= config.dressed:
        return Dress()
    hair = draw_hair_style(generator(2), appearance.hair)
    man = random.random() < (0.2 if hair.cut in WOMENS_CUTS else 0.8)
    brows = draw_brows(generator(3), hair.colour, hair.grey, man)
    facial_hair = draw_facial_hair(generator(4), hair.colour, hair.grey, man)
    glasses, headwear, thing = draw_glasses(generator(5)), draw_headwear(generator(6)), draw_object(generator(7))
    clothes = draw_clothes(generator(10))
    return Dress(
        hair=hair if worn[0] < config.hair else None,
        brows=brows if worn[1] < config.brows else None,
        facial_hair=facial_hair if worn[2] < config.facial_hair else None,
        glasses=glasses if worn[3] < config.glasses else None,
        headwear=headwear if worn[4] < config.headwear else None,
        thing=thing if worn[5] < config.objects else None,
        clothes=clothes if generator(9).random() < config.clothes else None,
        seed=int(random.integers(2**31)),
        hides=config.hides,
    )


def painted_under(appearance: Appearance, dress: Dress) -> Appearance:
    """Without the painted shapes that strands replace; what is painted between them, `paint_under` knows."""
    if dress.hair is not None:
        appearance = replace(appearance, hair=dress.hair.colour, hair_mm=0.0)
    if dress.brows is not None:
        appearance = replace(appearance, brow=PAINTED_BROW * appearance.brow)
    if dress.facial_hair is not None:
        shade = 0.0 if dress.facial_hair.kind == "none" else SHAVEN_UNDER_BEARD
        appearance = replace(appearance, shaven=max(shade, 0.5 * appearance.shaven))
    return appearance


def parts_of(model: FaceModel, vertices: Tensor, dress: Dress) -> list[Part]:
    """The parts on a drawn head, `vertices` (n, 3) float32 mm in its own frame."""
    parts = []
    clothes = dress.clothes
    if clothes and dress.headwear and dress.headwear.kind == "headscarf":
        clothes = clothes.plain_necked()
    over = vertices if clothes is None else raised(model, vertices, clothes)  # hair hangs over clothes
    capped = dress.headwear is not None and dress.headwear.kind != "band"
    if dress.hair is not None and not capped:  # strands would come through; the paint under them shows below the hem
        parts.append(hair_part(model, over, dress.hair, dress.seed))
    if dress.brows is not None:
        parts.append(brow_part(model, vertices, dress.brows, dress.seed + 1))
        parts.append(lash_part(model, vertices, dress.brows, dress.seed + 2))
    if dress.facial_hair is not None:
        parts.append(facial_hair_part(model, vertices, dress.facial_hair, dress.seed + 3))
    if dress.glasses is not None:
        parts += glasses_parts(model, vertices, dress.glasses)
    if dress.headwear is not None:
        parts.append(headwear_part(model, over, dress.headwear))
    if dress.thing is not None:
        parts.append(object_part(model, over, dress.thing))
    if clothes is not None:
        parts.append(clothes_part(model, vertices, clothes))
    return [part for part in parts if part is not None]
