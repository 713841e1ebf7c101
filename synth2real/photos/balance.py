"""Weights of photos with which each group of a trait is drawn as often as it is among the renders."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from synth2real.photos.traits import GROUPS

ROUNDS = 50
MOST = 10.0  # times as often as the average photo, at most: rarer groups would be learnt by heart


def balancing_weights(photos: Mapping[str, np.ndarray], renders: Mapping[str, np.ndarray]) -> np.ndarray:
    """(N,) float probabilities of N photos, of sum 1: trait by trait, each group's sum is its share among the renders.

    Iterative proportional fitting (Deming and Stephan 1940) of the traits' shares; a group without photos is left out
    of its trait's, and half a render is added to each group, so that none is wanted never. Where a photo would be drawn
    more than MOST times as often as the average, so much of an even draw is mixed in that it is not.

    photos, renders: trait -> (N,), (M,) int, the number of each one's group.
    """
    count = len(next(iter(photos.values())))
    weights = np.full(count, 1.0 / count)
    for _ in range(ROUNDS):
        for trait, groups in photos.items():
            there = shares(groups, weights, len(GROUPS[trait]))
            wanted = np.where(there > 0, np.bincount(renders[trait], minlength=len(there)) + 0.5, 0)
            ratio = np.divide(wanted / wanted.sum(), there, out=np.zeros_like(there), where=there > 0)
            weights = weights * ratio[groups]
    highest = weights.max()
    even = max(0.0, (highest - MOST / count) / (highest - 1 / count)) if highest > 1 / count else 0.0
    return (1 - even) * weights + even / count


def shares(groups: np.ndarray, weights: np.ndarray, number: int) -> np.ndarray:
    """(number,) float of sum 1: each group's weight among all. groups (N,) int, weights (N,) float."""
    return np.bincount(groups, weights, number) / weights.sum()


def told(photos: Mapping[str, np.ndarray], renders: Mapping[str, np.ndarray], weights: np.ndarray) -> str:
    """A line a trait: the shares of its groups among the photos, the renders, and the photos as they are drawn."""
    lines = []
    for trait, names in GROUPS.items():
        of_photos, drawn = (shares(photos[trait], one, len(names)) for one in (np.ones(len(weights)), weights))
        of_renders = shares(renders[trait], np.ones(len(renders[trait])), len(names))
        groups = zip(names, of_photos, of_renders, drawn, strict=True)
        words = (f"{name} {100 * a:.0f} -> {100 * c:.0f} % (renders {100 * b:.0f})" for name, a, b, c in groups)
        lines.append(f"photos' {trait}: {', '.join(words)}")
    return "\n".join(lines)
