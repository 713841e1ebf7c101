"""Five points of each face in photos, from a CSV such as faces.csv.

Its columns: file, left_eye_x, left_eye_y, right_eye_*, nose_*, mouth_l_*, mouth_r_*, in pixels, left and right as seen
in the image. `file` is the end of a photo's path; the longest that fits counts. A bare name means the photo that lies
in the folder itself, or the only one of that name.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath

import numpy as np

from recon.errors import UserError
from recon.photos.reading import Unusable

COLUMNS = tuple(f"{point}_{axis}" for point in ("left_eye", "right_eye", "nose", "mouth_l", "mouth_r") for axis in "xy")


def read_points(path: Path) -> dict[str, np.ndarray]:
    """What stands under `file` -> (5, 2) float px [left eye, right eye, nose, left and right mouth corner].

    Raises:
        UserError: it can't be read, lacks a column or a number, holds an endless one, or names a file twice.
    """
    try:
        with path.open(newline="") as file:
            rows = [(row["file"], [float(row[column]) for column in COLUMNS]) for row in csv.DictReader(file)]
    except OSError as error:
        raise UserError(f"{path} can't be read ({error.strerror}): check --points") from None
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise UserError(f"{path} needs the columns file, {', '.join(COLUMNS)} with numbers ({error})") from None
    endless = next((name for name, row in rows if not np.isfinite(row).all()), None)
    if endless is not None:
        raise UserError(f"{path} says of {endless} what is no number: mend its row, or leave it out")
    twice = next((name for name, times in Counter(name for name, _ in rows).items() if times > 1), None)
    if twice is not None:
        raise UserError(f"{path} names {twice} twice: keep one row for each photo")
    return {name: np.asarray(row).reshape(5, 2) for name, row in rows}


class PointsOf:
    """The points (5, 2) of a photo among the photos of a folder.

    Calling it raises `Unusable` where the CSV doesn't name the photo, or leaves open which one it means.
    """

    def __init__(self, csv_path: Path, folder: Path, photos: Sequence[Path]) -> None:
        self.path, self.folder = csv_path, folder
        self.table = {PurePath(name).as_posix(): points for name, points in read_points(csv_path).items()}
        self.photos = Counter(photo.name for photo in photos)

    def __call__(self, photo: Path) -> np.ndarray:
        parts, name = photo.absolute().parts, photo.name
        for length in range(len(parts), 1, -1):
            if (ending := "/".join(parts[-length:])) in self.table:
                return self.table[ending]
        if name not in self.table:
            raise Unusable(f"not named in {self.path}")
        if self.photos[name] > 1 and photo.parent != self.folder:
            raise Unusable(f"{self.path} doesn't say which of {self.photos[name]} photos named {name} it means")
        return self.table[name]
