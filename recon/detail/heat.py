"""Low-pass and high-pass filters on a surface by diffusion of heat (Sela et al. 2017, equation 9)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from recon.geometry.laplacian import factor


def diffuse(laplacian: Any, mass: np.ndarray, values: np.ndarray, dt_mm2: float) -> np.ndarray:
    """(I - dt Laplace-Beltrami)^-1 values: one implicit step of the heat equation.

    A wave of length l keeps 1 / (1 + dt (2 pi / l)^2) of its height, whatever the mesh.

    Args:
        laplacian: (m, m) sparse, positive semi-definite cotangent stiffness; mass: (m,) mm^2 areas of the vertices.
        values: (m,) or (m, c). dt_mm2: time, in mm^2.
    """
    system = (sparse.diags(mass) + dt_mm2 * laplacian).tocsr()
    columns = values.reshape(len(values), -1)
    return solve_definite(system, mass[:, None] * columns).reshape(values.shape)


def high_pass(laplacian: Any, mass: np.ndarray, texture: np.ndarray, weights: np.ndarray, dt_mm2: float) -> np.ndarray:
    """mu of equation 9: the texture less its diffusion, known where weights are positive alone.

    Diffusion is normalised by that of the weights, so that what is not seen counts for nothing and a constant texture
    has no high frequencies up to the very edge. With all weights 1 this is the printed equation.

    Args:
        texture, weights: (m,), weights in [0, 1].
    Returns:
        (m,), 0 where the weight is.
    """
    low = diffuse(laplacian, mass, np.stack([weights * texture, weights], axis=1), dt_mm2)
    known = weights > 0
    smooth = np.divide(low[:, 0], low[:, 1], out=np.zeros(len(mass)), where=known & (low[:, 1] > 0))
    return np.where(known, texture - smooth, 0.0)


def solve_definite(system: Any, right: np.ndarray) -> np.ndarray:
    """Solve a symmetric positive definite system of a mesh, (m, m) sparse, for (m,) or (m, c) right-hand sides."""
    lone = system.diagonal() == 0  # vertices of no triangle have empty rows
    return factor(system + sparse.diags(lone.astype(float))).solve(np.asarray(right, np.float64))
