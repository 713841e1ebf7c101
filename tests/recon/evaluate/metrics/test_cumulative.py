from __future__ import annotations

import numpy as np

from recon.evaluate.metrics.cumulative import shares_within


def test_shares_rise_to_all_that_is_finite() -> None:
    errors = np.append(np.random.default_rng(0).exponential(2, 200), [np.nan, np.inf])
    limits = np.linspace(0, 100, 50)
    shares = shares_within(errors, limits)
    assert [sum(bool(e <= limit) for e in errors) / 202 for limit in limits] == shares.tolist()
    assert (np.diff(shares) >= 0).all() and shares[-1] == 200 / 202
