"""Probabilistic principal components of incomplete rows, by expectation maximisation.

    x_t = W_t z + m_t + noise of variance s^2 / c_t,    z ~ N(0, 1)

for each texel t with its channels, c the confidence in it, 0 where it is missing (Tipping and Bishop 1999; with missing
data Roweis 1998). Noise is Student's where `freedom` says so: texels that fit badly lose weight, with all their
channels. Complete rows of confidence 1 give Tipping's and Bishop's closed form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RIDGE = 1e-6
FEWEST = 1e-9


@dataclass(frozen=True)
class Factors:
    """n rows' components.

    Attributes:
        mean: (t, c), modes: (k, t, c) float32, orthogonal, strongest first, for one standard deviation.
        scores: (n, k) float32, expected coefficients of the rows. noise: standard deviation of what is left.
        trust: (n, t) float32 in [0, 1], how far a texel was believed: confidence without what fitted badly.
    """

    mean: np.ndarray
    modes: np.ndarray
    scores: np.ndarray
    noise: float
    trust: np.ndarray


def principal_factors(
    values: np.ndarray,
    confidence: np.ndarray,
    count: int,
    rounds: int = 30,
    weights: np.ndarray | None = None,
    shrink: float = 0.0,
    freedom: float | None = None,
) -> Factors:
    """Fit `count` components.

    Args:
        values: (n, t, c) float; what has no confidence may be anything finite. confidence: (n, t) in [0, 1].
        rounds: of EM. weights: (n,) of the rows; None: all alike. shrink: as many rows at the mean are added at each
            texel, so that components stay small where little was seen. freedom: of Student's noise; None: Gauss's.
    """
    values, confidence = values.astype(np.float32), confidence.astype(np.float32)
    n, t, c = values.shape
    rows = np.ones(n, np.float32) if weights is None else weights.astype(np.float32)
    believed = confidence * rows[:, None]
    mean = np.einsum("nt,ntc->tc", believed, values) / np.maximum(believed.sum(0), FEWEST)[:, None]
    flat = ((values - mean) * np.sqrt(confidence)[..., None]).reshape(n, -1)
    variance = float((flat**2).sum(dtype=np.float64) / max(float(confidence.sum()) * c, FEWEST))
    axes = np.linalg.eigh(flat @ flat.T)[1][:, ::-1][:, :count]
    modes = (axes.T @ flat).reshape(-1, t, c) / np.float32(np.sqrt(n))
    trust = confidence
    scores, second = expected(values, mean, modes, variance, trust)
    for step in range(rounds):
        mean, modes, variance = maximised(values, trust, scores, second, rows, shrink)
        mean, modes = standardised(mean, modes, scores, second, rows)
        if freedom is not None and step >= 2:
            off = ((values - mean - np.tensordot(scores, modes, 1)) ** 2).sum(-1)
            trust = confidence * np.minimum(1, (freedom + c) / (freedom + off / max(variance, FEWEST)))
        scores, second = expected(values, mean, modes, variance, trust)
    return turned(mean, modes, scores, variance, trust)


def expected(
    values: np.ndarray, mean: np.ndarray, modes: np.ndarray, variance: float, trust: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The rows' coefficients (n, k) and their second moments (n, k, k)."""
    n, k = len(values), len(modes)
    squares = np.einsum("ktc,ltc->tkl", modes, modes, optimize=True).reshape(-1, k * k)
    precision = (trust @ squares).reshape(n, k, k).astype(np.float64) / variance + np.eye(k)
    spread = np.linalg.inv(precision)
    side = ((values - mean) * trust[..., None]).reshape(n, -1) @ modes.reshape(k, -1).T / variance
    scores = np.einsum("nkl,nl->nk", spread, side)
    return scores.astype(np.float32), (spread + scores[:, :, None] * scores[:, None]).astype(np.float32)


def maximised(
    values: np.ndarray, trust: np.ndarray, scores: np.ndarray, second: np.ndarray, rows: np.ndarray, shrink: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean (t, c), modes (k, t, c) and the noise's variance that explain the rows best."""
    n, t, c = values.shape
    k = scores.shape[1]
    believed = trust * rows[:, None]
    moments = np.zeros((n, k + 1, k + 1), np.float32)  # of (z, 1)
    moments[:, :k, :k], moments[:, :k, k], moments[:, k, :k], moments[:, k, k] = second, scores, scores, 1
    matrix = (believed.T @ moments.reshape(n, -1)).reshape(t, k + 1, k + 1).astype(np.float64)
    extended = np.concatenate([scores, np.ones((n, 1), np.float32)], 1)
    side = np.stack([(believed * values[..., channel]).T @ extended for channel in range(c)], -1)  # (t, k + 1, c)
    matrix[:, np.arange(k), np.arange(k)] += shrink
    matrix[:, np.arange(k + 1), np.arange(k + 1)] += RIDGE
    found = np.linalg.solve(matrix, side.astype(np.float64)).astype(np.float32)
    modes, mean = np.ascontiguousarray(found[:, :k].transpose(1, 0, 2)), found[:, k]
    total = float((believed[..., None] * values**2).sum(dtype=np.float64))
    explained = 2 * float((found * side).sum(dtype=np.float64))
    kept = float(np.einsum("tkc,tkl,tlc->", found, matrix, found, optimize=True))
    variance = (total - explained + kept) / max(float(believed.sum()) * c, FEWEST)
    return mean, modes, max(variance, FEWEST)


def standardised(
    mean: np.ndarray, modes: np.ndarray, scores: np.ndarray, second: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and modes of coefficients of mean 0 and variance 1 where the rows' have others (Liu, Rubin and Wu 1998,
    parameter-expanded EM): without it, scales converge in hundreds of rounds."""
    share = rows / rows.sum()
    middle = share @ scores
    root = np.linalg.cholesky(np.tensordot(share, second, 1) - np.outer(middle, middle)).astype(np.float32)
    return mean + np.tensordot(middle, modes, 1), np.tensordot(root.T, modes, 1)


def turned(mean: np.ndarray, modes: np.ndarray, scores: np.ndarray, variance: float, trust: np.ndarray) -> Factors:
    """The same components, orthogonal and the strongest first."""
    flat = modes.reshape(len(modes), -1)
    left, scale, right = np.linalg.svd(flat, full_matrices=False)
    ordered = (scale[:, None] * right).reshape(modes.shape).astype(np.float32)
    return Factors(mean, ordered, (scores @ left).astype(np.float32), variance**0.5, trust)
