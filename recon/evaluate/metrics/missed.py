"""What a pixel costs that the network did not call face: every metric is scored on the ground-truth face pixels."""

from __future__ import annotations

import numpy as np

MASK_THRESHOLD = 0.5  # a pixel is covered where the predicted mask is at least this
FEWEST_COVERED = 16  # fewer covered pixels than this: nothing was detected, and every pixel costs the worst


def charge_missed(errors: np.ndarray, covered: np.ndarray, worst: float) -> np.ndarray:
    """Errors (n,) with each missed pixel charged the 90th percentile of this image's covered ones.

    A network can so not gain by dropping the hard pixels: ten per cent dropped costs what the hardest kept ones do.

    Args:
        errors: (n,) non-negative, at the ground-truth face pixels; values at missed pixels are ignored.
        covered: (n,) bool.
        worst: the error of every pixel where fewer than FEWEST_COVERED are covered.

    >>> charge_missed(np.arange(101.0), np.arange(101) < 100, worst=1e3)[-1]
    np.float64(89.1)
    """
    if covered.sum() < FEWEST_COVERED:
        return np.full(len(errors), worst, np.float64)
    return np.where(covered, errors, np.percentile(errors[covered], 90))
