"""A folder of photos that are drawn faces, with their five points."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from recon.synthesis.record import Record

HEADER = "file,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_l_x,mouth_l_y,mouth_r_x,mouth_r_y"


def photos_of(records: Iterable[Record], folder: Path) -> Path:
    """00.png, 01.png, ... and faces.csv in a new folder."""
    folder.mkdir()
    table = [HEADER]
    for number, record in enumerate(records):
        Image.fromarray(record.rgb).save(folder / f"{number:02}.png")
        marks = record.landmarks_px
        five = [marks[36:42].mean(0), marks[42:48].mean(0), marks[30], marks[48], marks[54]]
        table.append(",".join([f"{number:02}.png", *(f"{value:.2f}" for place in five for value in place)]))
    (folder / "faces.csv").write_text("\n".join(table))
    return folder
