"""Photos framed like the renders: eyes level, a fixed distance between them, at a fixed place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from recon.geometry.similarity import Similarity
from recon.photos.reading import Unusable

FramingMode = Literal["auto", "points", "detect", "none"]  # how a face is found, see `recon.photos.folder`
EYE_SHARE = 0.27  # distance between the eyes as a share of the side, as in aligned portrait sets
EYES_MIDDLE = (0.5, 0.47)  # of the side, right and down
FARTHEST = 8.0  # of the photo's longer side, that a frame reaches
EYES, NOSE, MOUTH = (range(36, 42), range(42, 48)), 30, (48, 54)  # of the 68
EYES_TO_MOUTH = 1.0  # of the eye distance on a frontal face; measured on 1066 portraits


@dataclass(frozen=True)
class Framing:
    """Where a face is in its photo: the middle between the eyes (2,) px, the eye distance px, the eyes' tilt in
    radians.

    The tilt is positive where the right eye (as seen) lies lower.
    """

    middle: np.ndarray
    eye_distance: float
    tilt: float

    def to_photo(self, size: int) -> Similarity:
        """Pixels of the frame, `size` a side, to the photo's: (..., 2) right and down, both with centres at +0.5."""
        cos, sin = np.cos(self.tilt), np.sin(self.tilt)
        rotation = np.array([[cos, -sin], [sin, cos]])
        side = self.eye_distance / EYE_SHARE
        return Similarity(side / size, rotation, self.middle - side * rotation @ np.array(EYES_MIDDLE))


def from_points(points: np.ndarray) -> Framing:
    """Framing of five points (5, 2) px: left and right eye as seen, nose, left and right mouth corner.

    A turned head brings its eyes together on the image, so the height from eyes to mouth sets a lower bound to the
    scale.
    """
    left, right = points[0], points[1]
    across = right - left
    height = float(np.linalg.norm(points[3:].mean(0) - (left + right) / 2))
    distance = max(float(np.linalg.norm(across)), 0.85 * height / EYES_TO_MOUTH)
    return Framing((left + right) / 2, distance, float(np.arctan2(across[1], across[0])))


def from_landmarks(points: np.ndarray) -> Framing:
    """Framing of the 68 points (68, 2 or 3) px, as `from_points` of the eyes' middles, the nose and the mouth's corners
    among them."""
    flat = points[:, :2]
    left, right = (flat[list(eye)].mean(0) for eye in EYES)
    return from_points(np.stack([left, right, flat[NOSE], *flat[list(MOUTH)]]))


def from_box(box: np.ndarray) -> Framing:
    """Framing of a box (4,) px [left, top, right, bottom] of dlib's frontal detector, by a frontal face's mean
    proportions.

    Measured on 300 portraits framed by points: see BOX_EYES (each within 0.02 to 0.04).
    """
    left, top, right, bottom = box
    side = (right - left + bottom - top) / 2
    middle = np.array([left + BOX_EYES[0] * side, top + BOX_EYES[1] * side])
    return Framing(middle, float(BOX_EYE_DISTANCE * side), 0.0)


def whole(image: Image.Image) -> Framing:
    """The framing of a ready crop: its central square."""
    side = min(image.size)
    corner = (np.array(image.size) - side) / 2
    return Framing(corner + np.array(EYES_MIDDLE) * side, EYE_SHARE * side, 0.0)


BOX_EYES = (0.52, 0.29)  # the eyes' middle in the box
BOX_EYE_DISTANCE = 0.42  # of the box's side


def frame(image: Image.Image, framing: Framing | None, size: int) -> np.ndarray:
    """The photo cut to the frame, (size, size, 3) uint8 RGB; beyond the photo's border it is mirrored.

    None: the photo is a ready crop; it is resized, and cut to its central square first.

    Raises:
        Unusable: the frame reaches beyond the photo by many times its size, or is smaller than a pixel.
    """
    if framing is None:
        side = min(image.size)
        left, top = (image.width - side) / 2, (image.height - side) / 2
        return np.asarray(
            image.resize(
                (size, size),
                Image.Resampling.BOX if side > size else Image.Resampling.BICUBIC,
                box=(left, top, left + side, top + side),
            )
        )
    side = framing.eye_distance / EYE_SHARE  # of the frame, in photo pixels
    right = np.array([np.cos(framing.tilt), np.sin(framing.tilt)])
    down = np.array([-right[1], right[0]])
    corner = framing.middle - (EYES_MIDDLE[0] * right + EYES_MIDDLE[1] * down) * side
    corners = corner + side * np.array([0 * right, right, down, right + down])
    reach = FARTHEST * max(image.size)
    if not (np.isfinite(corners).all() and -reach < corners.min() and corners.max() < reach):
        raise Unusable(f"its face is said to lie far beyond the photo, which is {image.width} x {image.height} px")
    if side < 1:
        raise Unusable("its face is said to be smaller than a pixel")
    shrink = max(1.0, side / (2 * size))  # PIL's transform does not average: come down to twice the size first
    margin = 2 * shrink
    image, low, scale = _shrunk(image, corners.min(0) - margin, corners.max(0) + margin, shrink)
    image, offset = _mirror_border(image, (corners - low) / scale)
    corner = (corner - low) / scale + offset
    across, along = (side / (2 * size) * step / scale for step in (right, down))
    affine = (across[0], along[0], corner[0], across[1], along[1], corner[1])
    twice = image.transform((2 * size, 2 * size), Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
    return np.asarray(twice.resize((size, size), Image.Resampling.BOX))


def _shrunk(
    image: Image.Image, low: np.ndarray, high: np.ndarray, shrink: float
) -> tuple[Image.Image, np.ndarray, np.ndarray]:
    """What lies from `low` to `high` (2,) px, as far as the photo goes, in pixels about `shrink` times as large.

    Also where it begins in the photo (2,) px, and how large its pixels are: (2,), as its sides are whole numbers.
    """
    size = np.array(image.size)
    low, high = np.minimum(low, 2 * size - high), np.maximum(high, -low)  # a border mirrors what lies inside
    low = np.clip(np.floor(low), 0, size - 1)
    high = np.clip(np.ceil(high), low + 1, size)
    part = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    if shrink <= 1:
        return image.crop(part), low, np.ones(2)
    small = np.maximum(1, np.round((high - low) / shrink)).astype(int)
    smaller = image.resize((int(small[0]), int(small[1])), Image.Resampling.BOX, box=part)
    return smaller, low, (high - low) / small


def _mirror_border(image: Image.Image, corners: np.ndarray) -> tuple[Image.Image, np.ndarray]:
    """The image mirrored outward as far as the frame's corners (4, 2) px reach, and where its old origin went (2,)."""
    low = np.maximum(0, np.ceil(2 - corners.min(0))).astype(int)
    high = np.maximum(0, np.ceil(corners.max(0) + 2 - image.size)).astype(int)
    if not (low.any() or high.any()):
        return image, np.zeros(2)
    pixels = np.pad(np.asarray(image), ((low[1], high[1]), (low[0], high[0]), (0, 0)), mode="symmetric")
    return Image.fromarray(pixels), low.astype(float)
