from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recon.errors import UserError
from recon.evaluate.held_out import drawn_records
from recon.evaluate.protocols import finding
from recon.evaluate.protocols.finding import corner, turned_by
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
    turned, corners = result.values[:4], result.values[4:]
    assert [(value["right"], value["turn_deg"]) for value in turned] == [(100, 0), (0, 0), (100, 90), (0, 90)]
    assert [(value["corner"], value["found"]) for value in corners] == [(0, 0), (1, 100)]  # its face is there
    assert {figure.group for figure in result.figures} == {"turned by 0°", "turned by 90°", "corners"}


@pytest.mark.parametrize(
    ("which", "seen"), [(0, [10, 10, 10]), (1, [20, 20, 20]), (2, [30, 30, 30]), (3, [40, 40, 40])]
)
def test_a_corner_ends_half_an_eye_distance_before_the_face(which: int, seen: list[int]) -> None:
    """Points in the middle third, 20 px apart: squares of 30 px are left, each of one colour."""
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[:30, :30], pixels[:30, 70:], pixels[70:, :30], pixels[70:, 70:] = 10, 20, 30, 40
    points = np.array([[40.0, 40], [60, 40], [50, 50], [40, 60], [60, 60]])
    cut = np.asarray(corner(Image.fromarray(pixels), points, which))
    assert cut.shape == (256, 256, 3) and (cut == seen).all()


def test_a_folder_without_points_is_refused(tmp_path: Path) -> None:
    (tmp_path / "faces.csv").write_text(",".join(["file", *COLUMNS]) + "\n")
    (tmp_path / "photos").mkdir()
    with pytest.raises(UserError):
        finding.run(finding.Settings(folder=tmp_path / "photos"))
