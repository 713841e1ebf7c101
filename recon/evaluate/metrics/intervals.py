"""Confidence intervals by bootstrap: over images of different people, or over people, never over views of one
person."""

from __future__ import annotations

import numpy as np

RESAMPLES = 2000


def bootstrap_interval(values: np.ndarray, level: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of values (n,), one independent value a row; NaN where n < 2."""
    values = np.asarray(values, np.float64)
    if len(values) < 2:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(1), (50 - 50 * level, 50 + 50 * level))
    return float(low), float(high)
