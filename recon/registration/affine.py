"""Affine fits that outliers do not spoil: RANSAC (Fischler and Bolles 1981), all hypotheses in one batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recon.geometry.similarity import Affine

Solver = Callable[[np.ndarray, np.ndarray], np.ndarray]
Error = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
VOTERS = 500  # pairs that judge the hypotheses


def affine_solver(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Least-squares affine maps: source, target (..., k, 3) -> (..., 3, 4), [linear | translation].

    Points in a plane, or fewer than four, get the map of least norm about their mean.
    """
    middle, aim = source.mean(-2, keepdims=True), target.mean(-2, keepdims=True)
    linear = np.swapaxes(np.linalg.pinv(source - middle) @ (target - aim), -1, -2)
    translation = np.swapaxes(aim, -1, -2) - linear @ np.swapaxes(middle, -1, -2)
    return np.concatenate([linear, translation], -1)


def distance_error(maps: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """maps (h, 3, 4), source and target (n, 3) -> (h, n) distances of the mapped source to the target, mm."""
    off = maps[:, :, :3] @ source.T + (maps[:, :, 3:] - target.T)
    return np.sqrt(np.einsum("hin,hin->hn", off, off))


def ransac_affine(
    source: np.ndarray,
    target: np.ndarray,
    iterations: int = 1000,
    threshold_mm: float = 3.0,
    seed: int = 0,
    sample: int = 4,
    solver: Solver = affine_solver,
    error: Error = distance_error,
) -> tuple[Affine, np.ndarray]:
    """The affine map that most pairs agree with, fitted again to all of these (supplement B.1).

    Args:
        source, target: (n, 3), rows in correspondence, n >= sample.
        iterations: hypotheses, each from `sample` pairs; `threshold_mm`: an inlier's largest error.
        solver: (h, k, 3), (h, k, 3) -> (h, 3, 4). error: maps (h, 3, 4), (n, 3), (n, 3) -> (h, n).
    Returns:
        The map, and (n,) bool its inliers.
    Raises:
        ValueError: fewer pairs than `sample`.
    """
    if len(source) < sample:
        raise ValueError(f"an affine fit needs {sample} pairs, {len(source)} were given")
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(source), (iterations, sample))  # one pair twice makes a hypothesis that loses
    maps = solver(source[picks], target[picks])
    voters = rng.permutation(len(source))[:VOTERS]
    best = maps[(error(maps, source[voters], target[voters]) < threshold_mm).sum(1).argmax()]
    inliers = error(best[None], source, target)[0] < threshold_mm
    fitted = solver(source[inliers][None], target[inliers][None])[0] if inliers.sum() >= sample else best
    inliers = error(fitted[None], source, target)[0] < threshold_mm
    return Affine(fitted[:, :3], fitted[:, 3]), inliers
