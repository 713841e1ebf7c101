"""The interval holds the mean as often as it says."""

from __future__ import annotations

import numpy as np

from recon.evaluate.metrics.intervals import bootstrap_interval, pooled_intervals


def test_the_bootstrap_interval_holds_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        low, high = bootstrap_interval(rng.normal(5, 2, 60))
        held += low <= 5 <= high
    assert 178 <= held <= 199
    assert np.isnan(bootstrap_interval(np.array([1.0]))).all()


def test_a_heap_is_told_with_its_interval_over_people() -> None:
    rng = np.random.default_rng(0)
    people = [np.abs(rng.normal(1 + 0.2 * k % 1, 0.3, 500 + 10 * k)) for k in range(12)]
    heap = np.concatenate(people)
    told = pooled_intervals(people)
    for name, statistic in (("median", np.median), ("mean", np.mean), ("std", np.std)):
        drawn = []
        for k in range(300):
            chosen = np.random.default_rng(k).integers(0, 12, 12)
            drawn.append(statistic(np.concatenate([people[j] for j in chosen])))
        value, low, high = told[name]
        assert value == statistic(heap) and low < value < high
        np.testing.assert_allclose((low, high), np.percentile(drawn, (2.5, 97.5)), atol=0.02)
    one = pooled_intervals(people[:1])["median"]
    assert one[0] == np.median(people[0]) and np.isnan(one[1:]).all()
