"""Rigid, similarity and affine fits between two point sets, in closed form, with optional weights.

All of them take `source (n, d)` and `target (n, d)`, rows in correspondence, and answer the transform that brings the
source onto the target in the least-squares sense. Computed in float64.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Similarity:
    """x -> scale * rotation @ x + translation, for rows x of shape (..., d)."""

    scale: float
    rotation: np.ndarray  # (d, d), proper: determinant +1
    translation: np.ndarray  # (d,)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """points (..., d) -> (..., d) float64."""
        return self.scale * (points @ self.rotation.T) + self.translation

    def inverse(self) -> Similarity:
        return Similarity(1 / self.scale, self.rotation.T, -(self.translation @ self.rotation) / self.scale)


@dataclass(frozen=True)
class Affine:
    """x -> linear @ x + translation, for rows x of shape (..., d)."""

    linear: np.ndarray  # (d, d)
    translation: np.ndarray  # (d,)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """points (..., d) -> (..., d) float64."""
        return points @ self.linear.T + self.translation


def fit_similarity(
    source: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None, with_scale: bool = True
) -> Similarity:
    """The similarity that minimises sum_i w_i |s R x_i + t - y_i|^2 (Umeyama 1991, equations 38 to 43).

    Args:
        source, target: (n, d), n >= d, any unit.
        weights: (n,) non-negative; equal when None.
        with_scale: False fixes s = 1 (a rigid fit).
    Raises:
        ValueError: shapes differ, or the source is a single point (no rotation or scale can be told).
    """
    source, target, weights = _checked(source, target, weights)
    source_mean, target_mean = weights @ source, weights @ target
    centred_source, centred_target = source - source_mean, target - target_mean
    variance = weights @ (centred_source**2).sum(1)
    if variance <= 0:
        raise ValueError("the source points all coincide: no rotation or scale can be fitted")
    u, singular, vt = np.linalg.svd((centred_target * weights[:, None]).T @ centred_source)
    signs = np.ones(len(singular))
    signs[-1] = np.sign(np.linalg.det(u) * np.linalg.det(vt)) or 1.0  # a mirrored set still gets a proper rotation
    rotation = (u * signs) @ vt
    scale = float(singular @ signs / variance) if with_scale else 1.0
    return Similarity(scale, rotation, target_mean - scale * rotation @ source_mean)


def fit_rigid(source: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None) -> Similarity:
    """`fit_similarity` with the scale held at 1 (Kabsch)."""
    return fit_similarity(source, target, weights, with_scale=False)


def fit_affine(source: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None) -> Affine:
    """The affine map that minimises sum_i w_i |A x_i + t - y_i|^2; d + 1 points in general position or more.

    With fewer, or with points in a plane, the answer of least norm about the mean is given.
    """
    source, target, weights = _checked(source, target, weights)
    source_mean, target_mean = weights @ source, weights @ target
    root = np.sqrt(weights)[:, None]
    linear = np.linalg.lstsq(root * (source - source_mean), root * (target - target_mean), rcond=None)[0].T
    return Affine(linear, target_mean - linear @ source_mean)


def _checked(
    source: np.ndarray, target: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if source.shape != target.shape or source.ndim != 2:
        raise ValueError(f"source {source.shape} and target {target.shape} must be two (n, d) arrays of one shape")
    weights = np.ones(len(source)) if weights is None else np.asarray(weights, np.float64)
    return source, target, weights / weights.sum()
