"""How far a network turns the head too little or too much."""

from __future__ import annotations

import numpy as np

from recon.reconstruction.map_pose import seen_face
from recon.synthesis.pose import angles_deg
from recon.synthesis.record import Record


def yaw_error_deg(
    position_mm: np.ndarray, correspondence: np.ndarray, mask: np.ndarray, record: Record, canonical_box_mm: np.ndarray
) -> float:
    """Absolute error of the yaw that the maps give, in degrees; 90 where they show too little of a face.

    The true maps are read in the same way, so that a shape which leans against the mean face is no error.

    Args:
        position_mm, correspondence: (3, S, S), predicted. mask: (S, S) bool, predicted.
    """
    place, true = np.moveaxis(record.position_mm, -1, 0), np.moveaxis(record.correspondence, -1, 0)
    known = seen_face(record.mask, place, true, canonical_box_mm)
    told = seen_face(mask, position_mm, correspondence, canonical_box_mm)
    if known is None:
        return float("nan")
    if told is None:
        return 90.0
    return abs(angles_deg(told.pose.rotation)[0] - angles_deg(known.pose.rotation)[0])
