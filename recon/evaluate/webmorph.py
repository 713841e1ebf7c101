"""Photos with webmorph's 189 hand-placed points; those that mean the same as one of the 68 are used (`POINTS`).

The two markups do not define every point alike, so a small part of any error is theirs. One photo is one person.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from recon.errors import UserError
from recon.geometry.similarity import fit_similarity
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE
from recon.photos.reading import Unusable, read_photo
from recon.texts import read_text

POINTS = {  # of the 68 -> of webmorph's 189, both from 0
    **{17: 71, 21: 76, 22: 77, 26: 82, 36: 18, 39: 22, 42: 23, 45: 27},
    **{33: 55, 48: 87, 54: 93, 51: 90, 57: 106, 8: 129},
}
PUPILS = (0, 1)  # of webmorph's points: image left, image right
OUTER_EYES = (36, 45)


@dataclass(frozen=True)
class Photo:
    """rgb (S, S, 3) uint8, framed by its pupils; points: {of the 68: (2,) px}, pixel centres at +0.5."""

    name: str
    rgb: np.ndarray
    points: dict[int, np.ndarray]


def load_framed(folder: Path, size: int) -> list[Photo]:
    """Photos with a webmorph `.pts` of the same name beside them, framed so that the pupils lie as in the renders.

    Raises:
        UserError: the folder holds no such pair.
    """
    files = [file for file in sorted(folder.glob("*.jpg")) if file.with_suffix(".pts").is_file()]
    if not files:
        raise UserError(f"{folder} holds no .jpg with a .pts of the same name beside it: check the path")
    return [_framed(file, read_webmorph(file.with_suffix(".pts")), size) for file in files]


def read_webmorph(file: Path) -> np.ndarray:
    """The (189, 2) px points of a webmorph `.pts` file."""
    try:
        rows = [line.split() for line in read_text(file).split("\n") if line.strip() and not line.startswith("#")]
        points = np.array(rows, np.float64)
    except (OSError, ValueError):
        raise UserError(f"{file} is not a list of `x y` lines") from None
    if points.shape != (189, 2) or not np.isfinite(points).all():
        raise UserError(f"{file} holds {len(points)} points, not webmorph's 189")
    return points


def _framed(file: Path, points: np.ndarray, size: int) -> Photo:
    """The square crop with the pupils level, EYE_SHARE of the side apart, at EYES_MIDDLE[1]."""
    middle, half = np.array([0.5, EYES_MIDDLE[1]]) * size, np.array([EYE_SHARE * size / 2, 0])
    to_photo = fit_similarity(np.stack([middle - half, middle + half]), points[list(PUPILS)])
    linear = to_photo.scale * to_photo.rotation
    fine = 4  # drawn finer and averaged: PIL's transform does not smooth when it shrinks
    coefficients = np.c_[linear / fine, to_photo.translation].ravel()
    try:
        image = read_photo(file)
    except Unusable as reason:
        raise UserError(f"{file}: {reason}") from None
    drawn = image.transform(
        (fine * size, fine * size), Image.Transform.AFFINE, tuple(coefficients), Image.Resampling.BICUBIC
    )
    to_crop = to_photo.inverse()
    framed = {point: to_crop(points[other]) for point, other in POINTS.items()}
    return Photo(file.stem, np.asarray(drawn.resize((size, size), Image.Resampling.BOX)), framed)
