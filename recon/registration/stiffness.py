"""The linear systems of equation 8: biharmonic stiffness, point and plane terms, conjugate gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import SuperLU

from recon.geometry.laplacian import cotangent_laplacian, factor
from recon.registration.matches import Matches

GRADIENT = 1e-4  # of the right-hand side: where a solve stops; at 1e-6 vertices lie .002 mm elsewhere (rms)
MOST_STEPS = 300


def biharmonic(rest: np.ndarray, triangles: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray]:
    """K and M: u' K u is the integral of |Laplace-Beltrami of u|^2 over the template, whatever its density.

    K = S' M^-1 S with the cotangent stiffness S and the lumped mass M.

    Args:
        rest: (n, 3) mm, all of them in a triangle. triangles: (f, 3) int.
    Returns:
        K (n, n) float64, mass (n,) mm2.
    """
    laplacian, mass = cotangent_laplacian(rest, triangles)
    return (laplacian.T @ sparse.diags(1 / mass) @ laplacian).tocsr(), mass


def follow(stiffness: sparse.csr_matrix, displacement: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """(n, 3): the smoothest displacement that agrees with the given one at the `fixed` vertices (n,) bool."""
    free = np.flatnonzero(~fixed)
    if not len(free):
        return displacement
    followed, rows = displacement.copy(), stiffness[free]
    followed[free] = factor(rows[:, free]).solve(-(rows[:, np.flatnonzero(fixed)] @ displacement[fixed]))
    return followed


def uncoupled(
    stiffness: sparse.csr_matrix, matches: Matches, shares: np.ndarray, a_point: float, a_plane: float
) -> SuperLU:
    """Factor of a `System`'s matrix with x, y and z apart, for its preconditioner.

    Each match weighs the geometric mean of what it weighs across and along the surface, in all directions. Single
    precision is enough for that, and a third faster. A system of half or a quarter of the stiffness needs hardly more
    steps with it: what the matches weigh is as far from the mean.
    """
    scalar = np.sqrt(a_point * (a_point + a_plane)) * shares * matches.kept
    return factor((stiffness + sparse.diags(scalar)).astype(np.float32).tocsr())


@dataclass(frozen=True)
class Solve:
    displacement: np.ndarray  # (n, 3) mm
    gradient: float  # norm of the gradient after the solve, relative to the right-hand side
    steps: int  # of conjugate gradients


class System:
    """The energy of equation 8 over displacements u (n, 3) of the template at rest, for one weight of the stiffness.

    E(u) = sum over matches of s_i (a_point |d_i|^2 + a_plane (n_i . d_i)^2) + weight u' K u, d_i = rest_i + u_i - c_i.

    The plane term couples x, y and z, so that the matrix is three times as large as K. Its conjugate gradients are
    preconditioned by the factor of one that is not.
    """

    def __init__(
        self,
        rest: np.ndarray,
        stiffness: sparse.csr_matrix,
        shares: np.ndarray,
        a_point: float,
        a_plane: float,
        preconditioner: SuperLU,
    ) -> None:
        """rest: (n, 3) mm. stiffness: (n, n), weight included. shares: (n,) weight of each vertex in the data terms."""
        self.rest, self.stiffness, self.shares = rest, stiffness, shares
        self.a_point, self.a_plane, self.preconditioner = a_point, a_plane, preconditioner

    def data(self, offsets: np.ndarray, matches: Matches) -> np.ndarray:
        """Half the gradient of the data terms by the offsets (n, 3) from the matches."""
        weights = self.shares * matches.kept
        across = weights * self.a_plane * np.einsum("ni,ni->n", matches.normals, offsets)
        return (weights * self.a_point)[:, None] * offsets + across[:, None] * matches.normals

    def energy(self, displacement: np.ndarray, matches: Matches) -> float:
        offsets = self.rest + displacement - matches.places
        return float(
            (offsets * self.data(offsets, matches)).sum() + (displacement * (self.stiffness @ displacement)).sum()
        )

    def solve(self, start: np.ndarray, matches: Matches) -> Solve:
        """The displacement of least energy, from `start` (n, 3), for matches held fixed."""
        right = self.data(matches.places - self.rest, matches)
        scale = max(float(np.linalg.norm(right)), 1e-300)
        u = start.copy()
        residual = right - self.stiffness @ u - self.data(u, matches)
        direction, gain, steps = np.zeros_like(u), 1.0, 0
        while np.linalg.norm(residual) > GRADIENT * scale and steps < MOST_STEPS:
            better = self.preconditioner.solve(residual.astype(np.float32)).astype(np.float64)
            gain, last = float((residual * better).sum()), gain
            direction = better + (gain / last if steps else 0.0) * direction
            image = self.stiffness @ direction + self.data(direction, matches)
            length = gain / float((direction * image).sum())
            u += length * direction
            residual -= length * image
            steps += 1
        return Solve(u, float(np.linalg.norm(residual)) / scale, steps)
