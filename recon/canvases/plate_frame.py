"""Where a plate is cut from its photo: about the face, upright, and within the photo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recon.photos.framing import EYE_SHARE, EYES_MIDDLE, Framing
from recon.photos.reading import Unusable

TILTED_DEG = 12.0  # a head tilted less keeps its tilt: the photo is not turned for it
LEAST_SHARE = 0.75  # of the frame's side: so much nearer may a plate come, where the photo is narrow
MOST_SHIFT = 0.12  # of the side: so far beside its place may a face be


def frame_within(framing: Framing, size: tuple[int, int]) -> Framing:
    """The largest frame within a photo of `size` (width, height) px that shows the face nearly where `framing` does.

    Raises:
        Unusable: the photo ends too near to the face.
    """
    quarter = np.pi / 2 * round(framing.tilt / (np.pi / 2))
    tilt = quarter if abs(framing.tilt - quarter) <= np.radians(TILTED_DEG) else framing.tilt
    upright = replace(framing, tilt=float(tilt))
    reach = (abs(np.cos(tilt)) + abs(np.sin(tilt))) / 2  # of a tilted square, of its side
    side = min(framing.eye_distance / EYE_SHARE, min(size) / (2 * reach) - 1e-6)
    share = side * EYE_SHARE / framing.eye_distance
    middle = middle_of(replace(upright, eye_distance=side * EYE_SHARE))
    inside = np.clip(middle, reach * side, np.array(size) - reach * side)
    shift = inside - middle
    if share < LEAST_SHARE or np.abs(shift).max() > MOST_SHIFT * side:
        raise Unusable("the photo ends too near to the face: a wider one is needed")
    return Framing(framing.middle + shift, side * EYE_SHARE, float(tilt))


def middle_of(framing: Framing) -> np.ndarray:
    """(2,) px of the photo: the middle of the frame."""
    side = framing.eye_distance / EYE_SHARE
    across, down = (0.5 - np.array(EYES_MIDDLE)) * side
    cos, sin = np.cos(framing.tilt), np.sin(framing.tilt)
    return framing.middle + np.array([cos * across - sin * down, sin * across + cos * down])


def holds(framing: Framing, spot: np.ndarray) -> bool:
    """Whether a place (2,) px of the photo lies in the frame."""
    away = spot - middle_of(framing)
    cos, sin = np.cos(framing.tilt), np.sin(framing.tilt)
    own = np.array([cos * away[0] + sin * away[1], cos * away[1] - sin * away[0]])
    return bool(np.abs(own).max() <= framing.eye_distance / EYE_SHARE / 2)


def photo_px_per_plate_px(framing: Framing, size: int) -> float:
    """How many of the photo's pixels one of a plate of `size` px covers, along its side."""
    return framing.eye_distance / (EYE_SHARE * size)
