"""A texture space for models that are published with none: plain colours by region, and smooth changes of them.

A declared stand-in, no statistics of people: skin, lips, brows and eyes have a colour each; the modes are what skins
differ in (melanin, blood), the colours of lips, brows and eyes, and low waves over the face, the lower the stronger,
in lightness and in redness.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.faces.texture_space import TextureSpace

COLOURS = {"skin": (0.76, 0.58, 0.50), "lips": (0.66, 0.40, 0.38), "brows": (0.46, 0.36, 0.31), "eyes": (0.8,) * 3}
MELANIN, BLOOD = (-0.15, -0.16, -0.15), (0.01, -0.05, -0.04)  # sRGB for one standard deviation
OF_REGIONS = (
    ("lips", (-0.07,) * 3),
    ("lips", (0.05, -0.05, -0.04)),
    ("brows", (-0.12,) * 3),
    ("brows", (0.06, 0.0, -0.05)),
    ("eyes", (-0.15,) * 3),
)
LIGHTNESS, REDNESS = 0.08, 0.04  # of waves of the lowest order
WAVES = ((4, 5), (2, 4))  # highest orders across and down: of lightness, of redness


@lru_cache(maxsize=4)
def plain_albedo(model: FaceModel) -> TextureSpace:
    """Colours (n, 3) of a model's vertices, sRGB, and 50 modes of them."""
    region = model.region.long()
    inside = {name: (region == REGIONS.index(name)).float()[:, None] for name in COLOURS}
    inside["skin"] = 1 - inside["lips"] - inside["brows"] - inside["eyes"]  # whatever else it is
    mean = torch.stack([inside[name] * torch.tensor(colour) for name, colour in COLOURS.items()]).sum(0)
    every = inside["skin"] + inside["lips"]  # both have melanin and blood
    modes = [every * torch.tensor(MELANIN), every * torch.tensor(BLOOD)]
    modes += [inside[name] * torch.tensor(colour) for name, colour in OF_REGIONS]
    for (across, down), colour in zip(WAVES, ((LIGHTNESS,) * 3, (REDNESS, -REDNESS / 2, -REDNESS / 2)), strict=True):
        modes += [wave * torch.tensor(colour) for wave in _waves(model.canonical, across, down)]
    return TextureSpace(mean, torch.stack(modes).float())


def _waves(canonical: Tensor, across: int, down: int) -> list[Tensor]:
    """(n, 1) each: products of cosines over the face, x by y, up to these orders, weaker as they rise."""
    x, y = canonical[:, :1].clamp(0, 1), canonical[:, 1:2].clamp(0, 1)
    orders = [(i, j) for i in range(across + 1) for j in range(down + 1) if i + j]
    return [(np.pi * i * x).cos() * (np.pi * j * y).cos() / (i + j) for i, j in orders]
