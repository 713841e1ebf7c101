"""The interval holds the mean as often as it says."""

from __future__ import annotations

import numpy as np

from recon.evaluate.metrics.intervals import bootstrap_interval


def test_the_bootstrap_interval_holds_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        low, high = bootstrap_interval(rng.normal(5, 2, 60))
        held += low <= 5 <= high
    assert 178 <= held <= 199
    assert np.isnan(bootstrap_interval(np.array([1.0]))).all()
