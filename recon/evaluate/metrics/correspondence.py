"""Correspondence error: how far apart on the canonical face the predicted and the true place of a pixel are, in mm."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recon.evaluate.metrics.missed import charge_missed


class CorrespondenceErrors(NamedTuple):
    """Over one image's face pixels, mm on the canonical face."""

    mean_mm: float
    median_mm: float
    p90_mm: float


def correspondence_errors(
    predicted: np.ndarray, true: np.ndarray, covered: np.ndarray, canonical_box_mm: np.ndarray
) -> CorrespondenceErrors:
    """Straight distances at one image's ground-truth face pixels.

    Args:
        predicted, true: (n, 3) places in the canonical box, [0, 1].
        covered: (n,) bool; a missed pixel is charged the 90th percentile of the covered errors, or the box's diagonal
            where nothing is covered.
        canonical_box_mm: (2, 3) low and high corner of the box.
    """
    size_mm = np.asarray(canonical_box_mm[1], np.float64) - np.asarray(canonical_box_mm[0], np.float64)
    distances = np.linalg.norm((predicted - true) * size_mm, axis=-1)
    errors = charge_missed(distances, covered, worst=float(np.linalg.norm(size_mm)))
    return CorrespondenceErrors(float(errors.mean()), float(np.median(errors)), float(np.percentile(errors, 90)))
