"""Cumulative error distribution: which share of the images has at most an error."""

from __future__ import annotations

import numpy as np


def shares_within(errors: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """(k,) the share of errors (n,) that are at most each limit (k,); what is not finite is within none.

    >>> shares_within(np.array([1.0, 2.0, np.nan, 4.0]), np.array([0, 2, 9]))
    array([0.  , 0.5 , 0.75])
    """
    return (np.asarray(errors)[None, :] <= np.asarray(limits)[:, None]).mean(1)
