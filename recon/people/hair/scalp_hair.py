"""Hair on the scalp, as a part: strands that follow a style, with their colours and widths."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.people.hair.cuts import HairStyle
from recon.people.hair.growth import grow
from recon.people.hair.scalp import LOCKS, ROOTS, scalp_cover, scalp_roots
from recon.people.hair.short_strands import draw_widths, strand_colours
from recon.people.hair.strands import ribbons
from recon.people.part import Part

SEGMENTS = 20_000  # of all strands together; where roots would need more, some stay bare
STRAY_SHARE = 0.4  # breadth of a stray hair beside that of a lock


def hair_part(model: FaceModel, vertices: Tensor, style: HairStyle, seed: int) -> Part | None:
    """Hair on a drawn head.

    Args:
        model: any face model.
        vertices: (n, 3) float32 mm, the drawn head in its own frame.
        style: see `HairStyle`.
        seed: decides the strands; the same arguments give the same part.

    Returns:
        The part, or None where no root carries a strand.
    """
    rng = np.random.default_rng(seed)
    roots, places = scalp_roots(model)
    cover = scalp_cover(places, style, tuple(rng.uniform(0, 47, 3)))
    kept = torch.from_numpy(rng.random(ROOTS, np.float32)) < cover * style.density
    if not bool(kept.any()):
        return None
    points = points_of(style)
    share = SEGMENTS / (float(kept.sum()) * (points - 1))
    kept &= torch.from_numpy(rng.random(ROOTS, np.float32)) < share
    roots = roots.chosen(kept)
    count = len(roots.place)
    lines, outward, depth = grow(roots, model, vertices, style, points, int(rng.integers(2**31)))
    width = draw_widths(rng, style.width, count) * torch.where(depth > 1, STRAY_SHARE, 1.0)
    return ribbons(
        REGIONS.index("hair"),
        lines,
        outward,
        width,
        hair_colours(rng, style, roots.lock, depth),
        torch.from_numpy(0.5 * rng.standard_normal(count, np.float32)),
        taper=0.3 + 0.5 * style.stand,
        gloss=1.0,
        roughness=0.4,
    )


def points_of(style: HairStyle) -> int:
    """Places along a strand: more where it is long, and where it curls."""
    if style.hang or style.tie[1]:
        return 15 if style.curl > 3 else 11
    return 9 if style.curl else 7


def hair_colours(rng: np.random.Generator, style: HairStyle, lock: Tensor, depth: Tensor) -> Tensor:
    """(m, 2, 3) linear RGB at roots and tips; depth (m,): 0 innermost to 1 outermost, for light that hair keeps off."""
    brightness = 0.6 * rng.standard_normal(LOCKS)[lock.numpy()] + 0.8 * rng.standard_normal(len(lock))
    ends = strand_colours(rng, style.colour, style.grey, style.variation, brightness, style.dark_roots)
    return ends * (0.55 + 0.45 * depth.clamp(max=1))[:, None, None]
