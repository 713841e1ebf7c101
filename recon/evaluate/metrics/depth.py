"""Depth error up to scale and shift along depth, fitted by RANSAC, in per cent of the ground-truth depth range.

The protocol of pix2vertex (Sela et al. 2017, section 5.2 and table 1): the estimate is judged up to one global scale
and one translation along the depth axis, found by RANSAC with the same parameters for every method and image.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recon.evaluate.metrics.missed import charge_missed

TRIALS = 256  # pairs drawn; 30 % outliers leave a clean pair with probability 1 - .51^256
POINTS = 2000  # pixels that vote
INLIER_RANGE = 0.02  # an inlier lies within this fraction of the true depth range
REFITS = 5  # least squares on the inliers, inliers anew


class DepthErrors(NamedTuple):
    """Absolute errors over one image's face pixels. The first four in per cent of the true depth range."""

    mean: float
    std: float
    median: float
    p90: float
    mean_mm: float
    scale: float
    shift_mm: float


def fit_scale_and_shift(predicted: np.ndarray, true: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """(scale > 0, shift) such that scale * predicted + shift agrees with most of `true`, by seeded RANSAC.

    Candidates from pairs of pixels are scored by the truncated absolute error (MSAC), the best is refined by least
    squares on its inliers. Where no pair gives a positive scale (a flat or inverted prediction) the scale is 0: the
    best constant depth.

    Args:
        predicted, true: (n,) finite depths, n >= 2.
    """
    predicted, true = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    rng = np.random.default_rng(seed)
    band = INLIER_RANGE * max(float(np.ptp(true)), 1e-9)
    first, second = rng.integers(0, len(true), (2, TRIALS))
    step = predicted[second] - predicted[first]
    scale = np.divide(true[second] - true[first], step, out=np.zeros(TRIALS), where=np.abs(step) > 1e-9)
    positive = scale > 0
    if not positive.any():
        return 0.0, float(np.median(true))
    scale, shift = scale[positive], (true[first] - scale * predicted[first])[positive]
    voters = rng.permutation(len(true))[:POINTS]
    errors = np.abs(scale[:, None] * predicted[voters] + shift[:, None] - true[voters])
    best = int(np.minimum(errors, band).sum(1).argmin())
    answer = float(scale[best]), float(shift[best])
    for _ in range(REFITS):
        inlier = np.abs(answer[0] * predicted + answer[1] - true) <= band
        if inlier.sum() < 2 or np.ptp(predicted[inlier]) < 1e-9:
            break
        refit_scale, refit_shift = np.polyfit(predicted[inlier] - predicted[inlier].mean(), true[inlier], 1)
        if refit_scale <= 0:
            break
        answer = float(refit_scale), float(refit_shift - refit_scale * predicted[inlier].mean())
    return answer


def depth_errors(predicted: np.ndarray, true: np.ndarray, covered: np.ndarray, seed: int = 0) -> DepthErrors:
    """Errors at one image's ground-truth face pixels.

    Args:
        predicted, true: (n,) depths (z toward the viewer) at those pixels; `predicted` in any unit, `true` in mm.
        covered: (n,) bool, where the predicted mask is on; the fit sees these alone. A missed pixel is charged the 90th
            percentile of the covered errors; where nothing is covered, the whole depth range.
    """
    depth_range = float(np.ptp(true))
    scale, shift = (0.0, 0.0) if covered.sum() < 2 else fit_scale_and_shift(predicted[covered], true[covered], seed)
    errors = charge_missed(np.abs(scale * predicted + shift - true), covered, worst=depth_range)
    percent = 100 * errors / depth_range
    return DepthErrors(
        float(percent.mean()),
        float(percent.std()),
        float(np.median(percent)),
        float(np.percentile(percent, 90)),
        float(errors.mean()),
        scale,
        shift,
    )
