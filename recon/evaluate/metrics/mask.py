"""Agreement of the predicted face mask with the true one."""

from __future__ import annotations

import numpy as np


def mask_iou(predicted: np.ndarray, true: np.ndarray) -> float:
    """Intersection over union of two (H, W) bool masks; 1 where both are empty."""
    union = (predicted | true).sum()
    return float((predicted & true).sum() / union) if union else 1.0


def coverage(predicted: np.ndarray, true: np.ndarray) -> float:
    """The fraction of the true mask's pixels (H, W) bool that the predicted mask holds; 1 where there are none."""
    return float((predicted & true).sum() / true.sum()) if true.any() else 1.0
