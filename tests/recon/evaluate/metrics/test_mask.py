"""Overlap and coverage of squares."""

from __future__ import annotations

import numpy as np
import pytest

from recon.evaluate.metrics.mask import coverage, mask_iou


def test_masks() -> None:
    true = np.zeros((10, 10), bool)
    true[2:8, 2:8] = True
    half = true.copy()
    half[:, 5:] = False
    assert mask_iou(true, true) == 1 and coverage(true, true) == 1
    assert mask_iou(half, true) == pytest.approx(0.5) and coverage(half, true) == pytest.approx(0.5)
    assert mask_iou(np.ones_like(true), true) == pytest.approx(0.36) and coverage(np.ones_like(true), true) == 1
    assert mask_iou(~true & False, ~true & False) == 1
