"""What a faces.csv in or beside a folder of photos says of them: five points, licence, attribution."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recon.photos.points import PointsOf
from recon.photos.reading import Unusable

TOLD = ("licence", "attribution")


@dataclass(frozen=True)
class Known:
    """csv: the file, None without one. points: of photos, by their names, (5, 2) px. said: licence and attribution, by
    what the CSV calls their photos."""

    csv: Path | None
    points: dict[str, np.ndarray]
    said: dict[str, dict[str, str]]

    def of(self, name: str) -> dict[str, str]:
        """Licence and attribution of a photo, as far as they are said."""
        parts = name.split("/")
        endings = ("/".join(parts[first:]) for first in range(len(parts)))
        return next((self.said[ending] for ending in endings if ending in self.said), {})

    def key(self) -> str | None:
        """16 hexadecimal digits of the CSV."""
        return None if self.csv is None else hashlib.sha256(self.csv.read_bytes()).hexdigest()[:16]


def known_of(folder: Path, photos: Sequence[Path]) -> Known:
    """What is known of the photos found under `folder`.

    Raises:
        UserError: the CSV is broken.
    """
    table = next((file for file in (folder / "faces.csv", folder.parent / "faces.csv") if file.is_file()), None)
    if table is None:
        return Known(None, {}, {})
    points_of, points = PointsOf(table, folder, photos), {}
    for photo in photos:
        try:
            points[photo.relative_to(folder).as_posix()] = points_of(photo)
        except Unusable:
            continue  # not named there: it is found without
    with table.open(newline="") as file:  # `PointsOf` has read it whole
        rows = list(csv.DictReader(file))
    said = {row["file"]: {name: row[name] for name in TOLD if row.get(name)} for row in rows}
    return Known(table, points, said)
