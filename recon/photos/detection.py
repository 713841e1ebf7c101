"""Frontal faces in a photo by dlib's built-in detector: no download; boxes, and how sure it is.

It takes .08 microseconds a pixel and sees upright faces above 80 px: first a small picture of the photo is looked at, a
larger one for small faces, and where both show none, `far_boxes` looks at all of its pixels.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from PIL import Image

FIRST_SIDE_PX = 640  # the detector's time grows with the pixels; it sees faces above 80 px
SECOND_SIDE_PX = 1600  # of the second look, for small faces
MOST_ENLARGED = 2.0
FAR_PX, FAR_ENLARGED = 24e6, 1.4  # pixels of the look at all of them; eyes 25 px apart are seen at this scale
TILE_PX, OVERLAP_PX = 2000, 240  # of that look, whose memory grows with the picture: 1.5 GB for all at once
LEAST_SCORE = -1.0  # told of what is no face, too


def face_boxes(image: Image.Image, thorough: bool = False) -> np.ndarray:
    """Boxes (n, 4) float px [left, top, right, bottom] of the frontal faces, the largest first; (0, 4) without any.

    thorough: look a second time, finer, for faces too small for the first look.
    """
    boxes = _boxes(image, FIRST_SIDE_PX, 1.0 if min(image.size) > 200 else MOST_ENLARGED)
    if thorough:
        finer = _boxes(image, SECOND_SIDE_PX, MOST_ENLARGED)
        boxes = np.stack([*boxes, *(box for box in finer if not _seen(box, boxes))]) if len(finer) else boxes
    return _by_size(boxes)


def far_boxes(image: Image.Image) -> np.ndarray:
    """As `face_boxes`, for faces so small that only the photo's own pixels show them: tile by tile, about 2 s."""
    scale = min(FAR_ENLARGED, (FAR_PX / (image.width * image.height)) ** 0.5)
    side, step = TILE_PX / scale, (TILE_PX - OVERLAP_PX) / scale
    found: list[np.ndarray] = []
    for top in np.arange(0, max(1, image.height - OVERLAP_PX / scale), step):
        for left in np.arange(0, max(1, image.width - OVERLAP_PX / scale), step):
            right, lower = min(left + side, image.width), min(top + side, image.height)
            tile = image.crop((round(left), round(top), round(right), round(lower)))
            boxes = _boxes(tile, round(scale * max(tile.size)), FAR_ENLARGED) + np.tile(np.round((left, top)), 2)
            found += [box for box in boxes if not _seen(box, np.array(found))]
    return _by_size(np.array(found).reshape(-1, 4))


def score(image: np.ndarray) -> float:
    """How surely a crop (S, S, 3) uint8 RGB shows an upright frontal face: above 0 the detector would say so; -inf
    where nothing is like one."""
    found = _detector().run(image, 1, LEAST_SCORE)[1]
    return max(found, default=-np.inf)


def _boxes(image: Image.Image, side_px: int, enlarged: float) -> np.ndarray:
    scale = min(enlarged, side_px / max(image.size))
    seen = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    found = [[box.left(), box.top(), box.right() + 1, box.bottom() + 1] for box in _detector()(np.asarray(seen), 0)]
    return np.array(found, np.float64).reshape(-1, 4) / scale


def _by_size(boxes: np.ndarray) -> np.ndarray:
    """The largest first."""
    return boxes[np.argsort(-(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), kind="stable")]


def _seen(box: np.ndarray, boxes: np.ndarray) -> bool:
    """Whether the box's middle lies in one of the others."""
    if not len(boxes):
        return False
    middle = (box[:2] + box[2:]) / 2
    return bool(((boxes[:, :2] < middle) & (middle < boxes[:, 2:])).all(1).any())


@cache
def _detector() -> Any:
    import dlib  # takes a second to load, and only unaligned photos need it

    return dlib.get_frontal_face_detector()  # pyright: ignore[reportAttributeAccessIssue]
