"""Where hair grows on a scalp: the mean hairline, roots, and how much of the skin a style covers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.people.hair.cuts import HairStyle
from recon.people.hair.strands import Roots, even_roots
from recon.people.noise import solid_noise
from recon.people.template import smoothstep, template_of

ROOTS = 4600  # on all the scalp and below the hairline, as far as it may be drawn
LOCKS = 420
BELOW_MM = -14.0  # roots lie this far under the mean hairline
# The mean hairline: heights in mm over the eyes by azimuth from the front: forehead, temple, sideburn, ear, nape.
AZIMUTH = (0.0, 0.35, 0.65, 0.85, 1.0, 1.12, 1.25, 1.35, 1.5, 1.8, 2.2, 3.15)
HAIRLINE_MM = (65.0, 66.5, 64.0, 52.0, 31.0, 14.0, -4.0, -24.0, -30.0, -40.0, -70.0, -80.0)


@dataclass(frozen=True)
class ScalpPlaces:
    """Places (m, 3) on the template in mm, their height (m,) over the mean hairline, azimuth (m,) from the front."""

    place: Tensor
    height: Tensor
    azimuth: Tensor


def scalp_places(place: Tensor) -> ScalpPlaces:
    """Where places (m, 3) on the template lie about the mean hairline."""
    azimuth = torch.atan2(place[:, 0].abs(), place[:, 2] + 70.0)
    line = np.interp(azimuth.numpy(), AZIMUTH, HAIRLINE_MM).astype(np.float32)
    return ScalpPlaces(place, place[:, 1] - torch.from_numpy(line), azimuth)


@lru_cache(maxsize=4)
def scalp_roots(model: FaceModel) -> tuple[Roots, ScalpPlaces]:
    """Roots of all hair that may be drawn, and where they are on the template."""
    template = template_of(model)
    skin = torch.isin(model.region, torch.tensor([REGIONS.index(n) for n in ("skin", "scalp", "neck")]))
    hairy = (skin & (scalp_places(template.place_mm).height > BELOW_MM) & (template.fields["ears"] < 0.02)).float()
    roots = even_roots(model, hairy, ROOTS, LOCKS)
    return roots, scalp_places(roots.carried(template.place_mm))


def scalp_cover(places: ScalpPlaces, style: HairStyle, offset: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Tensor:
    """Share of the skin that hair covers: (m,) in [0, 1]; offset: of its raggedness."""
    if style.density == 0:
        return torch.zeros(len(places.height))
    height, azimuth = places.height, places.azimuth
    y, z = places.place[:, 1], places.place[:, 2]
    front = smoothstep(1.3, 1.0, azimuth)
    temples = torch.exp(-(((azimuth - 0.62) / 0.3) ** 2))
    back = min(style.receding, 0.6) * (62.0 * temples + 14.0) * smoothstep(1.3, 0.9, azimuth)
    ragged = solid_noise(places.place.T.contiguous(), 9.0, offset)
    sideburn = torch.exp(-(((azimuth - 1.3) / 0.14) ** 2))
    height = height - style.hairline * front - back - style.sideburn * sideburn + 3.5 * ragged[0]
    edge = smoothstep(-3.0, 9.0, height)
    thin = max(style.receding - 0.55, 0.0) / 0.45
    crown = smoothstep(40.0, 82.0, y + 9.0 * ragged[1] + 0.12 * (z + 80.0))
    return edge * (1 - min(1.6 * thin, 1.0) * crown)
