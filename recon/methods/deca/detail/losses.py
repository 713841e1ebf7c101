"""DECA's detail losses (Feng et al. 2021, section 4.2), each its equation. B images, displacements D in mm."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

BANDWIDTH, BIAS = 0.5, 1.0  # h and what it is told by: exp((BIAS - relative distance) / h)
EPSILON = 1e-5
MRF_WEIGHTS = (1.0, 2.0)  # of VGG19's conv3_2 and conv4_2


def mrf_loss(found: Sequence[Tensor], true: Sequence[Tensor]) -> Tensor:
    """L_mrf: `mrf_of_layer` of each layer's maps, weighted by MRF_WEIGHTS. () float."""
    return sum(
        (w * mrf_of_layer(one, other) for w, one, other in zip(MRF_WEIGHTS, found, true, strict=True)),
        start=found[0].new_zeros(()),
    )


def mrf_of_layer(found: Tensor, true: Tensor) -> Tensor:
    """The ID-MRF loss of one layer's maps (B, C, h, w), as Wang et al. (2018, equations 1 to 4) have it. () float.

    Patches are single places of the maps. With cosine distances d(v, s) = (1 - cos) / 2 of places v found and s true,

        RS(v, s) = exp((1 - d(v, s) / (min_s' d(v, s') + 1e-5)) / h), normalised over s to sum 1
        L = -log(mean over s of max over v of RS(v, s))

    It is 0 where each true patch has one of its own that is found, and log 2 where all that is found is like one half
    of them. As in the authors' code each true place's mean over the channels is taken off both first.
    """
    middle = true.mean(1, keepdim=True)
    v, s = (torch.nn.functional.normalize((maps - middle).flatten(2), dim=1) for maps in (found, true))
    distance = ((1 - v.transpose(1, 2) @ s) / 2).clamp_min(0)  # (B, v, s)
    relative = distance / (distance.amin(2, keepdim=True) + EPSILON)
    similarity = ((BIAS - relative) / BANDWIDTH).softmax(2)
    return -similarity.amax(1).mean(1).log().mean()


def symmetry_loss(displacement: Tensor, seen: Tensor) -> Tensor:
    """L_sym, soft symmetry: |V_uv . (D - flip(D))|_1, a mean over the texels of V_uv. () float mm.

    Args:
        displacement: (B, 1, T, T); the texture is mirrored about its middle column. seen: (T, T) float 0/1, V_uv.
    """
    return (seen * (displacement - displacement.flip(3)).abs()).sum() / (seen.sum() * len(displacement)).clamp_min(1)


def height_loss(found: Tensor, true: Tensor, seen: Tensor) -> Tensor:
    """Mean squared distance, mm^2, of displacements (B, 1, T, T) from true heights, over the texels of `seen` (T, T)
    float 0/1 of the images whose true ones are known, not NaN. () float; 0 where none are. Not the paper's.
    """
    known = true.isfinite().all(3).all(2).all(1)
    off = (found[known] - true[known]).square()
    return (seen * off).sum() / (seen.sum() * len(off)).clamp_min(1)


def displacement_loss(displacement: Tensor, seen: Tensor) -> Tensor:
    """L_regD: |D|_1, a mean over the texels of `seen` (T, T) float 0/1. () float mm."""
    return (seen * displacement.abs()).sum() / (seen.sum() * len(displacement)).clamp_min(1)
