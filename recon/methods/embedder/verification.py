"""Whether two photos show the same person, told by the cosine of their embeddings: how often that is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HALVES = 20  # random splits of the people
FEWEST_PEOPLE = 4


@dataclass(frozen=True)
class Verification:
    """accuracy: mean over people of `people_right`. area: share of (same, different) pairs of which the same one is
    nearer (area under the ROC curve). same, different: mean cosines. people, pairs: of the same person."""

    accuracy: float
    area: float
    same: float
    different: float
    people: int
    pairs: int


def verification(embeddings: np.ndarray, person: np.ndarray) -> Verification:
    """Of all pairs of photos, see `people_right`.

    Args:
        embeddings: (N, d) unit. person: (N,) int.
    Raises:
        ValueError: fewer than four people, or no two photos of one in a half.
    """
    names = np.unique(person)
    right = people_right(embeddings, person)
    cosines = embeddings @ embeddings.T
    first, second = np.triu_indices(len(person), 1)
    values, alike = cosines[first, second], person[first] == person[second]
    same, different = values[alike], np.sort(values[~alike])
    nearer = (np.searchsorted(different, same, "left") + np.searchsorted(different, same, "right")) / 2
    area = float(nearer.mean() / len(different))
    means = float(same.mean()), float(different.mean())
    return Verification(float(np.nanmean(right)), area, *means, len(names), int(alike.sum()))


def people_right(embeddings: np.ndarray, person: np.ndarray) -> np.ndarray:
    """(people,) in [0, 1]: of each person, in the order of their numbers, the share of their pairs told right, those
    with themselves and those with others counting alike; NaN of who has but one photo.

    The threshold is found on one random half of the people and used on the other, twenty times over both ways, as no
    threshold may know whom it judges.

    Args:
        embeddings: (N, d) unit. person: (N,) int.
    Raises:
        ValueError: fewer than four people, or nobody has two photos.
    """
    names, place = np.unique(person, return_inverse=True)
    if len(names) < FEWEST_PEOPLE:
        raise ValueError(f"{len(names)} people are too few to tell apart: {FEWEST_PEOPLE} are needed")
    cosines, alike = embeddings @ embeddings.T, place[:, None] == place
    other = ~np.eye(len(place), dtype=bool)
    rng, shares = np.random.default_rng(0), [[] for _ in names]
    for _ in range(HALVES):
        half = np.isin(place, rng.permutation(len(names))[: len(names) // 2])
        for learnt, judged in ((half, ~half), (~half, half)):
            told = np.triu(np.outer(learnt, learnt), 1)
            if not alike[told].any() or alike[told].all():
                continue
            said = cosines > best_threshold(cosines[told], alike[told])
            for one in np.unique(place[judged]):
                own = place == one
                same, apart = alike[own] & other[own], ~alike[own] & judged
                if same.any() and apart.any():
                    shares[one].append((said[own][same].mean() + (~said[own][apart]).mean()) / 2)
    if not any(shares):
        raise ValueError("too few people have two photos")
    return np.array([np.mean(one) if one else np.nan for one in shares])


def best_threshold(values: np.ndarray, alike: np.ndarray) -> float:
    """The threshold above which pairs are called alike that tells the most right, same and different counting alike;
    midway between two values."""
    order = np.argsort(values)[::-1]
    ranked, same = values[order], alike[order]
    found = np.cumsum(same) / same.sum() - np.cumsum(~same) / (~same).sum()
    ends = np.append(ranked[1:] < ranked[:-1], True)  # equal values can't be parted
    best = int(np.argmax(np.where(ends, found, -np.inf)))
    below = ranked[best + 1] if best + 1 < len(ranked) else ranked[best] - 1
    return float((ranked[best] + below) / 2)
