"""Confidence intervals by bootstrap: over images of different people, or over people, never over views of one
person."""

from __future__ import annotations

from collections.abc import Sequence

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


BIN, FARTHEST = 0.005, 100.0  # of pooled values: how finely they are told apart, in their unit, and where they end


def pooled_intervals(
    people: Sequence[np.ndarray], level: float = 0.95, seed: int = 0
) -> dict[str, tuple[float, float, float]]:
    """Value, low and high of the median, mean and standard deviation of all values of all people in one heap.

    The interval is by bootstrap over people, each with all of their values, told apart to BIN; NaN for one person.

    Args:
        people: each one's (k,) values, at least 0 and with a unit in which BIN is small.
    """
    heap = np.concatenate(people)
    values = {"median": float(np.median(heap)), "mean": float(heap.mean()), "std": float(heap.std())}
    if len(people) < 2:
        return {name: (value, float("nan"), float("nan")) for name, value in values.items()}
    bins = round(FARTHEST / BIN)
    places = [np.minimum((one / BIN).astype(int), bins - 1) for one in people]
    counts = np.stack([np.bincount(place, minlength=bins) for place in places]).astype(np.float64)
    sums = np.array([[len(one), one.sum(), (one**2).sum()] for one in people])
    rng, drawn = np.random.default_rng(seed), {name: np.empty(RESAMPLES) for name in values}
    for k in range(RESAMPLES):
        times = np.bincount(rng.integers(0, len(people), len(people)), minlength=len(people))
        number, total, squares = times @ sums
        drawn["median"][k] = (np.searchsorted(np.cumsum(times @ counts), number / 2) + 0.5) * BIN
        drawn["mean"][k] = total / number
        drawn["std"][k] = np.sqrt(max(squares / number - (total / number) ** 2, 0))
    ends = (50 - 50 * level, 50 + 50 * level)
    told = {}
    for name, value in values.items():
        low, high = np.percentile(drawn[name], ends)
        told[name] = (value, float(low), float(high))
    return told
