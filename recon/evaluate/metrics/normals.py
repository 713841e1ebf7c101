"""Angle between the normals of the predicted position map and the true ones."""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import binary_erosion

from recon.evaluate.metrics.missed import charge_missed
from recon.geometry.surfaces import normals_from_positions


def normal_angle_deg(
    position: np.ndarray, predicted_mask: np.ndarray, true_normals: np.ndarray, true_mask: np.ndarray
) -> float:
    """Mean angle, in degrees, at the pixels whose four neighbours are true face pixels as well.

    Args:
        position: (3, H, W) the predicted position map; a factor common to x, y and z does not matter.
        predicted_mask, true_mask: (H, W) bool; a pixel that the prediction misses, itself or a neighbour, is charged
            the 90th percentile of the others.
        true_normals: (H, W, 3) unit, camera frame.
    Returns:
        degrees; NaN where the true mask has no inner pixel.
    """
    inner = np.asarray(binary_erosion(true_mask), bool)
    if not inner.any():
        return float("nan")
    covered = np.asarray(binary_erosion(predicted_mask), bool)[inner]
    predicted = normals_from_positions(torch.as_tensor(position)).permute(1, 2, 0).numpy()
    cosine = (predicted[inner] * true_normals[inner]).sum(-1).clip(-1, 1)
    return float(charge_missed(np.degrees(np.arccos(cosine)), covered, worst=180.0).mean())
