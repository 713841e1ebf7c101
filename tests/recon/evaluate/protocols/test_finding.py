from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recon.errors import UserError
from recon.evaluate.held_out import drawn_records
from recon.evaluate.protocols import finding
from recon.evaluate.protocols.finding import turned_by
from recon.faces import load
from recon.fitting.photo_fit import POINTS
from recon.photos.points import COLUMNS
from recon.synthesis.config import SceneConfig


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_points_turn_with_the_photo(turn: int) -> None:
    pixels = np.zeros((5, 8), np.uint8)
    pixels[1, 6] = 255
    photo, points = turned_by(Image.fromarray(pixels), np.array([[6.5, 1.5]]), turn)
    column, row = points[0].astype(int)
    assert np.asarray(photo)[row, column] == 255


def test_drawn_faces_are_found_where_their_points_are_and_elsewhere_is_wrong(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    records = list(drawn_records(load("default"), 2, 128, 3, SceneConfig(yaw_max_deg=5)))
    with (tmp_path / "faces.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", *COLUMNS])
        for i, record in enumerate(records):
            Image.fromarray(record.rgb).save(photos / f"{i}.png")
            five = np.stack([record.landmarks_px[list(group)].mean(0) for group in POINTS])
            table.writerow([f"{i}.png", *(five + 60 * i).ravel()])  # the second one's points lie beside its face
    result = finding.run(finding.Settings(folder=photos, turns_deg=(0, 90)))
    assert [(value["right"], value["turn_deg"]) for value in result.values] == [(100, 0), (0, 0), (100, 90), (0, 90)]
    assert {figure.group for figure in result.figures} == {"turned by 0°", "turned by 90°"}


def test_a_folder_without_points_is_refused(tmp_path: Path) -> None:
    (tmp_path / "faces.csv").write_text(",".join(["file", *COLUMNS]) + "\n")
    (tmp_path / "photos").mkdir()
    with pytest.raises(UserError):
        finding.run(finding.Settings(folder=tmp_path / "photos"))
