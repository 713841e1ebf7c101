"""AFLW-LFPA: photos of AFLW with 34 points of which some are visible.

How the set's own files are laid out is described nowhere that could be checked, so that its points are to be written
as text: NAME.pts beside NAME.jpg, 34 lines of x, y and visible (1 or 0), pixel centres at +0.5; and order.txt, 34 lines
which say what each point is: the numbers, from 1, of those of the 68 whose mean it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recon.errors import UserError
from recon.texts import read_text

POINTS, ORDER = 34, "order.txt"


@dataclass(frozen=True)
class MarkedPhoto:
    """points: (34, 2) float64 px; visible: (34,) bool."""

    photo: Path
    points: np.ndarray
    visible: np.ndarray


def load_lfpa(folder: Path) -> tuple[list[MarkedPhoto], np.ndarray]:
    """The photos, sorted, and the (34, 68) weights that make the 34 points from the 68.

    Raises:
        UserError: a file is missing or is not what it should be.
    """
    photos = [file for file in sorted(folder.rglob("*.jpg")) if file.with_suffix(".pts").is_file()]
    if not photos:
        raise UserError(f"{folder} holds no .jpg with a .pts of 34 points of the same name beside it")
    return [_marked(photo) for photo in photos], read_order(folder / ORDER)


def read_order(file: Path) -> np.ndarray:
    """(34, 68) float64, rows that sum to 1."""
    try:
        rows = [[int(word) - 1 for word in line.split()] for line in read_text(file).split("\n") if line.strip()]
        weights = np.zeros((len(rows), 68))
        for row, numbers in zip(weights, rows, strict=True):
            if min(numbers) < 0:
                raise ValueError("numbers are from 1 to 68")
            row[numbers] = 1 / len(numbers)
    except (OSError, ValueError, IndexError) as error:
        raise UserError(f"{file} must say, in 34 lines, which of the 68 (from 1) each point is ({error})") from None
    if len(weights) != POINTS:
        raise UserError(f"{file} has {len(weights)} lines, not {POINTS}")
    return weights


def _marked(photo: Path) -> MarkedPhoto:
    file = photo.with_suffix(".pts")
    try:
        rows = np.array([line.split() for line in read_text(file).split("\n") if line.strip()], np.float64)
    except (OSError, ValueError):
        rows = np.empty((0, 3))
    if rows.shape != (POINTS, 3) or not np.isfinite(rows).all():
        raise UserError(f"{file} is not {POINTS} lines of x, y and visible (1 or 0)")
    return MarkedPhoto(photo, rows[:, :2], rows[:, 2] > 0)
