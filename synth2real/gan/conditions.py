"""What a discriminator sees beside an image: the geometry that the frozen network sees, hard, without gradient.

Of a fake it is the geometry of the *render*: an image that shows teeth where its render's lips are closed then has no
match among the photos, whose geometry is that of the photo itself. Were it the fake's own, a network that sees the
painted teeth would call them teeth, and image and maps would agree; `maps: image` is there to compare.

No gradient flows through the maps to the generator: D is to judge whether the image fits them, and a generator that
may bend them learns what the network fails to see, which is what L_Geom is measured against. They are hard, since how
sure the network is tells photos from renders.
"""

from __future__ import annotations

import torch
from torch import Tensor

from recon.faces.parsing import CLASSES
from recon.methods.base import FaceGeometry

SEEN = 0.5  # the network sees the face where its mask is more


@torch.no_grad()
def condition_of(answer: FaceGeometry) -> Tensor:
    """(B, k, H, W) float: the face mask 0/1, its correspondence in [0, 1], 0 outside it, and of a network with a parser
    which class each pixel most likely shows, 0/1 a class; k as `condition_channels` says.
    """
    face = (answer.mask > SEEN).float()
    maps = [face, answer.correspondence.float().clamp(0, 1) * face]
    if answer.maps is not None and answer.maps.classes is not None:
        classes = answer.maps.classes
        maps.append((classes == classes.amax(1, keepdim=True)).float())
    return torch.cat(maps, 1)


def condition_channels(parser: bool) -> int:
    """How many `condition_of` has of a network with a parser, or without."""
    return 4 + parser * len(CLASSES)
