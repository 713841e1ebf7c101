"""A part of a smooth surface with what filters and solves on it need."""

from __future__ import annotations

import numpy as np

from recon.geometry.laplacian import cotangent_laplacian

TIGHT_MM = 3.0  # radius of curvature at which detail is halved
SMALLEST_MM2 = 1e-12


class Patch:
    """A smooth surface: vertices (p, 3) mm, triangles (q, 3), unit normals (p, 3), its Laplacian and mass."""

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray, normals: np.ndarray):
        self.vertices, self.triangles, self.normals = vertices, triangles, normals
        self.laplacian, mass = cotangent_laplacian(vertices, triangles)
        self.mass = np.maximum(mass, SMALLEST_MM2)

    def mean_curvature(self) -> np.ndarray:
        """(p,) 1/mm, positive where the surface bulges outward."""
        return (self.laplacian @ self.vertices * self.normals).sum(1) / (2 * self.mass)

    def evenness(self) -> np.ndarray:
        """(p,) 1 where the surface is even at the size of fine detail, 0 where it turns in less, as lids' rims.

        There the surface shades itself more than any relief does. Equation 13 holds back likewise, by an amount that
        depends on the length of the edges, though.
        """
        return 1 / (1 + (TIGHT_MM * self.mean_curvature()) ** 4)
