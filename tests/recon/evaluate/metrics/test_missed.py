"""Missed pixels cost what they should."""

from __future__ import annotations

import numpy as np
import pytest

from recon.evaluate.metrics.missed import FEWEST_COVERED, charge_missed


def test_a_missed_pixel_is_charged_the_ninetieth_percentile() -> None:
    errors, covered = np.arange(200.0), np.arange(200) < 101
    charged = charge_missed(errors, covered, worst=1e6)
    assert (charged[:101] == errors[:101]).all()
    assert charged[101:] == pytest.approx(90)


def test_too_few_covered_cost_the_worst_everywhere() -> None:
    covered = np.arange(200) < FEWEST_COVERED - 1
    assert (charge_missed(np.arange(200.0), covered, worst=1e6) == 1e6).all()
