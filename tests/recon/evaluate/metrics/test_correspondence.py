"""Distances on the canonical face, in mm."""

from __future__ import annotations

import numpy as np
import pytest

from recon.evaluate.metrics.correspondence import correspondence_errors

BOX_MM = np.array([[-80.0, -100.0, 20.0], [80.0, 80.0, 120.0]])


def test_correspondence_is_measured_in_mm_of_the_canonical_face() -> None:
    true = np.random.default_rng(0).random((100, 3))
    moved = true + [0.01, 0, 0]  # one per cent of a box 160 mm wide
    errors = correspondence_errors(moved, true, np.ones(100, bool), BOX_MM)
    assert errors.mean_mm == pytest.approx(1.6) and errors.p90_mm == pytest.approx(1.6)


def test_nothing_detected_costs_the_boxs_diagonal() -> None:
    places = np.random.default_rng(0).random((50, 3))
    worst = correspondence_errors(places, places, np.zeros(50, bool), BOX_MM)
    assert worst.mean_mm == pytest.approx(np.linalg.norm(BOX_MM[1] - BOX_MM[0]))
