"""DECA's coarse losses (Feng et al. 2021, section 4.1), each its equation. B images, places in halves of the side."""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST_MM2 = 1e-4  # the root's slope stays finite where the codes are right
UPPER_LIDS, LOWER_LIDS = [37, 38, 43, 44], [41, 40, 47, 46]
UPPER_LIP, LOWER_LIP = [61, 62, 63], [67, 66, 65]
EMPHASIS = {  # the authors' code: how much landmarks count, 1 where nothing is said
    1.5: [*range(27, 36), *range(48, 68)],
    2.0: [5, 6, 10, 11],
    3.0: [30, 31, 35, 48, 54],
}


@lru_cache(maxsize=2)
def landmark_weights(device: torch.device) -> Tensor:
    """(68,) float."""
    weights = torch.ones(68)
    for weight, which in EMPHASIS.items():
        weights[which] = weight
    return weights.to(device)


def landmark_loss(found: Tensor, true: Tensor) -> Tensor:
    """L_lmk, equation 6: sum over i of w_i |k_i - (s Pi(M_i) + t)|_1, over the number of coordinates. () float.

    found, true: (B, 68, 2).
    """
    weights = landmark_weights(found.device)[:, None]
    return (weights * (found - true).abs()).mean()


def pair_loss(found: Tensor, true: Tensor, one: list[int], other: list[int]) -> Tensor:
    """|(k_i - k_j) - s Pi(M_i - M_j)|_1 over pairs of landmarks, a mean over coordinates. () float."""
    return ((found[:, one] - found[:, other]) - (true[:, one] - true[:, other])).abs().mean()


def eye_closure_loss(found: Tensor, true: Tensor) -> Tensor:
    """L_eye, equation 7: `pair_loss` of upper and lower lids, which no shift of the face changes."""
    return pair_loss(found, true, UPPER_LIDS, LOWER_LIDS)


def lip_distance_loss(found: Tensor, true: Tensor) -> Tensor:
    """The authors' code: `pair_loss` of the lips' inner borders."""
    return pair_loss(found, true, UPPER_LIP, LOWER_LIP)


def photometric_loss(rendered: Tensor, image: Tensor, skin: Tensor) -> Tensor:
    """L_pho: |V_I . (I - I_r)|_1, a mean over the skin's colours. () float.

    Args:
        rendered, image: (B, 3, S, S). skin: (B, 1, S, S) float 0/1, V_I where the render shows the face too.
    """
    return (skin * (image - rendered).abs()).sum() / (3 * skin.sum()).clamp_min(1)


def identity_loss(found: Tensor, true: Tensor) -> Tensor:
    """L_id: 1 - f(I) . f(I_r) / (|f(I)| |f(I_r)|), of a face embedder's answers (B, d). () float."""
    return (1 - F.cosine_similarity(found, true, dim=1)).mean()


def regulariser(codes: Tensor) -> Tensor:
    """|beta|^2, |psi|^2 or |alpha|^2, half of it as in the authors' code; a mean over the images (B, k). () float."""
    return codes.square().sum(1).mean() / 2


def codes_loss(found: Tensor, true: Tensor, products: Tensor) -> Tensor:
    """Root mean square distance, mm, of the vertices that two sets of codes say, as `products` measures it, a mean over
    the images whose true codes are known. () float; 0 where none are.

    Args:
        found: (B, k), of the first k modes. true: (B, K), NaN where not known. products: (K, K), from `products_of`.
    """
    known = true.isfinite().all(1)
    off = F.pad(found[known], (0, true.shape[1] - found.shape[1])) - true[known]
    squares = torch.einsum("bi,ij,bj->b", off, products, off)
    return (squares.clamp_min(0) + SMALLEST_MM2).sqrt().sum() / known.sum().clamp_min(1)


def moved_loss(found: Tensor, true: Tensor) -> Tensor:
    """Root mean square distance, mm, of vertices (B, n, 3), a mean over the images where the true ones are known, not
    NaN. () float; 0 where none are."""
    known = true.isfinite().all(2).all(1)
    squares = (found[known] - true[known]).square().sum(2).mean(1)
    return (squares + SMALLEST_MM2).sqrt().sum() / known.sum().clamp_min(1)


def products_of(basis: Tensor, mean: Tensor) -> Tensor:
    """(K, n, 3) mm, modes, and (n, 3) mm, the mean -> (K, K) mm^2: the modes' inner products, each about its middle
    and without what makes the mean larger or smaller, which no image tells; a mean over the n vertices."""
    centred, size = ((values - values.mean(-2, keepdim=True)).flatten(-2) for values in (basis, mean))
    centred = centred - torch.outer(centred @ size, size) / size.square().sum()
    return centred @ centred.T / basis.shape[1]
