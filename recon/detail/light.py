"""The light of a photo, estimated from a smooth surface of known normals: second-order spherical harmonics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DARKEST = 0.05  # of the median shading; keeps ratios finite in deep shadow
ROUNDS = 12
OUTLIER = 0.15  # relative residual beyond which a vertex (lips, brows, shadow) loses its say


@dataclass(frozen=True)
class Light:
    """Shading S(n) = sum_k coefficients_k H_k(n) over the nine harmonics up to order 2 (Ramamoorthi and Hanrahan 2001).

    Attributes:
        coefficients: (9,) in units of the photo's linear intensity times albedo.
        floor: the least shading that is answered.
    """

    coefficients: np.ndarray
    floor: float

    def shading(self, normals: np.ndarray) -> np.ndarray:
        """(m, 3) unit -> (m,) positive."""
        return np.maximum(harmonics(normals) @ self.coefficients, self.floor)

    def slope(self, normals: np.ndarray) -> np.ndarray:
        """(m, 3): gradient of log shading as the normal turns, tangent to the surface.

        A relief d (mm) on the surface changes log intensity by -slope . grad d to first order.
        """
        x, y, z = normals.T
        zero, one = np.zeros_like(x), np.ones_like(x)
        by_x = np.stack([zero, one, zero, zero, y, zero, z, zero, 2 * x], 1)
        by_y = np.stack([zero, zero, one, zero, x, z, zero, zero, -2 * y], 1)
        by_z = np.stack([zero, zero, zero, one, zero, y, x, 6 * z, zero], 1)
        gradient = np.stack([by_x, by_y, by_z], 1) @ self.coefficients  # (m, 3)
        tangent = gradient - (gradient * normals).sum(1, keepdims=True) * normals
        raw = harmonics(normals) @ self.coefficients
        return np.where(raw[:, None] > self.floor, tangent / np.maximum(raw, self.floor)[:, None], 0.0)


def harmonics(normals: np.ndarray) -> np.ndarray:
    """(m, 3) unit -> (m, 9) unnormalised real harmonics up to order 2."""
    x, y, z = normals.T
    return np.stack([np.ones_like(x), x, y, z, x * y, y * z, x * z, 3 * z**2 - 1, x**2 - y**2], 1)


def fit_light(normals: np.ndarray, intensity: np.ndarray, weights: np.ndarray) -> Light:
    """Least squares on the relative residual, with Cauchy weights against all that is not shading of even skin.

    Args:
        normals: (m, 3) unit. intensity: (m,) linear. weights: (m,) non-negative, trust times area.
    """
    seen = weights > 0
    basis, measured, base = harmonics(normals[seen]), intensity[seen], weights[seen]
    if not seen.any():
        return Light(np.eye(9)[0], 1.0)
    order = np.argsort(measured)
    middle = float(measured[order][np.searchsorted(np.cumsum(base[order]), base.sum() / 2)])
    say = base.copy()
    ridge = 1e-4 * base.sum() * np.diag([0, 1, 1, 1, 4, 4, 4, 4, 4])  # a face shows half of all normals
    coefficients = np.zeros(9)
    for _ in range(ROUNDS):
        coefficients = np.linalg.solve((basis * say[:, None]).T @ basis + ridge, (basis * say[:, None]).T @ measured)
        predicted = np.maximum(basis @ coefficients, DARKEST * middle)
        relative = measured / predicted - 1
        say = base / (predicted / middle) ** 2 / (1 + (relative / OUTLIER) ** 2)
    return Light(coefficients, max(DARKEST * middle, 1e-6))
