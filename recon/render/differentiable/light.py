"""Light as second-order spherical harmonics, in torch; numbers as `recon.render.harmonics` has them."""

from __future__ import annotations

import torch
from torch import Tensor

HARMONICS = 9


def polynomials(normals: Tensor) -> Tensor:
    """(..., 3) unit -> (..., 9) real spherical harmonics to the second order, without their constants."""
    x, y, z = normals.unbind(-1)
    return torch.stack([torch.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], -1)


def shading(normals: Tensor, light: Tensor) -> Tensor:
    """What a white surface shows: DECA's sum over k of l_k H_k(N), the factor of its albedo.

    Args:
        normals: (B, P, 3) unit. light: (B, 27): nine times r, g, b.

    Returns:
        (B, P, 3), may fall below 0 as the second order can.
    """
    return polynomials(normals) @ light.view(-1, HARMONICS, 3)
