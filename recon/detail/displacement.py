"""From the high frequencies of the photo to a displacement along normals (Sela et al. 2017, equations 10 to 14).

Equation 10 asks that heights differ as the high-passed texture mu does: "dark is deep". The paper takes one averaging
step toward it (`paper_step`), which moves a vertex by what its ring shows and so fades as the mesh gets finer.
`solve_displacement` finds the field that all steps together approach, in one sparse system, and lets mu depend on the
slope of the relief too, which is what a light from a side makes of it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import sparse

from recon.detail.heat import solve_definite
from recon.detail.patch import Patch

SLIVER = 0.02  # least height of a triangle, as a share of its longest edge, taken for its gradients


def solve_displacement(
    patch: Patch,
    mu: np.ndarray,
    slope: np.ndarray,
    weights: np.ndarray,
    gamma_mm: float,
    eta: float,
    fairing_mm: float,
) -> np.ndarray:
    """The displacement d that minimises, integrated over the surface,

        eta gamma^2 weights (d / gamma - slope . grad d - mu)^2 + (1 - eta) fairing^2 |grad d|^2

    The data term is equation 10 summed up (d = gamma mu) with first-order shading added; the other is the membrane
    whose explicit step the paper's fairing is, here of the displacement, so that where mu is 0 nothing moves. Linear
    elements on the triangles whose corners all have weight; d is 0 elsewhere.

    Args:
        mu: (m,) relative intensity. slope: (m, 3) as `Light.slope`, zeros for pure dark-is-deep.
        weights: (m,) in [0, 1]. gamma_mm: depth for one unit of log intensity. fairing_mm: length below which relief
            is smoothed, for eta 1/2.

    Returns:
        (m,) mm.
    """
    active = np.flatnonzero(weights > 0)
    displacement = np.zeros(len(weights))
    if not len(active):
        return displacement
    place = np.full(len(weights), -1)
    place[active] = np.arange(len(active))
    inner = patch.triangles[(place[patch.triangles] >= 0).all(1)]
    gradients, areas = hat_gradients(patch.vertices, inner)
    along = np.einsum("fkd,fd->fk", gradients, slope[inner].mean(1))
    rows = np.repeat(np.arange(len(inner)), 3)
    shading = sparse.csr_matrix(
        ((1 / (3 * gamma_mm) - along).reshape(-1), (rows, place[inner].reshape(-1))), shape=(len(inner), len(active))
    )
    data = eta * gamma_mm**2 * areas * weights[inner].mean(1)
    fairing = (1 - eta) * fairing_mm**2 * patch.laplacian[active][:, active]
    system = (shading.T @ sparse.diags(data) @ shading + fairing).tocsr()
    displacement[active] = solve_definite(system, shading.T @ (data * mu[inner].mean(1)))
    return displacement


def hat_gradients(vertices: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradients (f, 3, 3) per mm of the linear function that is 1 at each corner, and areas (f,) mm^2.

    Those of slivers are bounded, not exact.
    """
    corners = vertices[triangles]
    opposite = np.roll(corners, 1, axis=1) - np.roll(corners, -1, axis=1)  # edge facing corner k
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    twice = np.linalg.norm(normal, axis=1)
    longest = (opposite**2).sum(-1).max(1)
    bounded = np.maximum(twice, SLIVER * longest) + 1e-30
    gradients = np.cross((normal / (twice[:, None] + 1e-30))[:, None], opposite) / bounded[:, None, None]
    return gradients, twice / 2


def paper_step(
    patch: Patch,
    mu: np.ndarray,
    form: Literal["equation_12", "equation_13"],
    gamma_mm: float,
    eta: float,
    fairing: np.ndarray,
) -> np.ndarray:
    """eta delta_mu + (1 - eta) delta_s, equation 14, one explicit step.

    Form 12 also draws each vertex to the plane of its ring; gamma multiplies mu alone, as in equation 11 (12 as printed
    has it before both terms, which differ in unit). Form 13 leaves that out and holds back where the surface curves.

    Args:
        mu: (m,). gamma_mm: mm for one unit of mu.
        fairing: (m,) mm, delta_s, the normal part of a fairing step.
    Returns:
        (m,) mm.
    """
    vertices, normals = patch.vertices, patch.normals
    edges = np.stack([patch.triangles, np.roll(patch.triangles, -1, axis=1)], axis=-1).reshape(-1, 2)
    edges = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
    v, ring = edges.T
    offset = vertices[v] - vertices[ring]
    length = np.linalg.norm(offset, axis=1)
    height = (offset * normals[v]).sum(1)
    alpha = np.exp(-length)
    step = gamma_mm * (mu[v] - mu[ring])
    if form == "equation_12":
        step -= height
    else:
        step *= 1 - np.abs(height) / np.maximum(length, 1e-12)
    count = len(vertices)
    total = np.bincount(v, alpha, minlength=count)
    delta_mu = np.bincount(v, alpha * step, minlength=count) / np.maximum(total, 1e-12)
    return eta * delta_mu + (1 - eta) * fairing
