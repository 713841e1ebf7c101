"""Two arms compared: seed by seed and person by person, so that what both share falls out of the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

RESAMPLES = 4000
FEWEST = 8  # people: a percentile bootstrap of fewer claims too much


@dataclass(frozen=True)
class Difference:
    """An arm against another, of which less is better.

    against: the other's name. percent: the mean difference in per cent of the other's mean, below 0 where the arm is
    better; low, high: its 95 % interval, NaN where there is one person only. seeds: trainings of each; people: of them.
    """

    against: str
    percent: float
    low: float
    high: float
    seeds: int
    people: int

    @property
    def told(self) -> bool:
        """Whether the interval is of enough people and excludes no difference."""
        return self.people >= FEWEST and (self.high < 0 or self.low > 0)


def better_of(names: tuple[str, ...], values: Mapping[str, np.ndarray]) -> str:
    """The one of `names` with the least mean. values: name -> (seeds, people)."""
    return min(names, key=lambda name: float(values[name].mean()))


def difference(arm: np.ndarray, other: np.ndarray, against: str, seed: int = 0) -> Difference:
    """The paired difference of two arms' values, (seeds, people) each, of the same people in one order.

    Only seeds that both have are compared. The interval is a percentile bootstrap that draws seeds and people anew,
    both with replacement: with one seed it holds the people's spread alone.
    """
    seeds = min(len(arm), len(other))
    arm, other = arm[:seeds], other[:seeds]
    if arm.shape != other.shape:
        raise ValueError(f"values of the same people are compared, not {arm.shape} with {other.shape}")
    people = arm.shape[1]
    percent = 100 * float((arm - other).mean() / other.mean())
    if people < 2:
        return Difference(against, percent, float("nan"), float("nan"), seeds, people)
    random = np.random.default_rng(seed)
    of_seeds = random.multinomial(seeds, np.full(seeds, 1 / seeds), RESAMPLES)  # how often each is drawn
    of_people = random.multinomial(people, np.full(people, 1 / people), RESAMPLES)
    moved, base = ((of_seeds @ of * of_people).sum(1) for of in (arm, other))
    low, high = np.percentile(100 * (moved - base) / base, (2.5, 97.5))
    return Difference(against, percent, float(low), float(high), seeds, people)


def verdict(arm: str, score: str, found: Difference) -> str:
    """One plain sentence about an arm by one score."""
    size = f"{abs(found.percent):.1f} % {'below' if found.percent < 0 else 'above'} {found.against}'s"
    what = f"{score}: the error of {arm} is {size}"
    if not np.isfinite(found.low):
        return f"{what}; of one person, so nothing is known of others."
    what += f" (95 % interval {found.low:+.1f} to {found.high:+.1f} %, {found.people} people, "
    what += f"{found.seeds} seeds)" if found.seeds > 1 else "one seed, whose luck the interval does not hold)"
    if found.people < FEWEST:
        return f"{what}: too few people to tell."
    if not found.told:
        return f"{what}: no difference can be told."
    return f"{what}: {arm} is {'better' if found.high < 0 else 'worse'}."
