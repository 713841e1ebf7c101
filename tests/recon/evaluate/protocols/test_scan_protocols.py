"""The protocols on sets of scans, each run whole on a small tree laid out as the set is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recon.errors import UserError
from recon.evaluate.protocols import bu3dfe_depth, bu4dfe_nme, florence_nme
from recon.evaluate.protocols.bu3dfe_depth import score_scan
from recon.evaluate.readers.bu3dfe import faces_of
from recon.evaluate.scan_nme import MEASURES
from recon.evaluate.sitting import sit
from recon.faces import load
from tests.recon.evaluate.known_answers import Blind, Oracle
from tests.recon.evaluate.small_sets import Head, write_bu3dfe, write_bu4dfe, write_florence


@pytest.fixture(scope="module")
def heads() -> list[Head]:
    return [Head(1), Head(2)]


def test_florence(tmp_path: Path, heads: list[Head]) -> None:
    write_florence(tmp_path, heads[0])
    settings = florence_nme.Settings(tmp_path, yaws_deg=(0.0,), pitches_deg=(-15.0,), points=800, graded=0)
    result = florence_nme.run(settings)
    assert {figure.group for figure in result.figures} == {"all views", "yaw 0", "pitch -15"}
    (value,) = result.values
    assert value["found"] and value["person"] == "subject_01"
    assert 0.5 < value["nme_aligned"] <= value["nme"] < 30 and 0.5 < value["mean_face"] < 10
    assert all(figure.n == 1 and figure.low is None for figure in result.figures), "one person has no interval"


def test_views_of_one_person_are_one_value() -> None:
    values = [
        {"person": person, "yaw_deg": yaw, "pitch_deg": 0.0, **dict.fromkeys(MEASURES, error)}
        for person, yaw, error in (("a", 0, 1.0), ("a", 40, 3.0), ("a", -40, 5.0), ("b", 0, 5.0), ("b", 40, 7.0))
    ]
    rows = {figure.group: figure for figure in florence_nme.figures(values) if figure.name == "nme"}
    assert rows["all views"].value == 4.5 and rows["all views"].n == 2
    assert (rows["all views"].low, rows["all views"].high) == (3.0, 6.0)
    assert rows["yaw 40"].value == pytest.approx((4 + 7) / 2) and rows["yaw 40"].n == 2


def test_bu4dfe(tmp_path: Path, heads: list[Head]) -> None:
    write_bu4dfe(tmp_path, heads[0], "F001", "Happy")
    result = bu4dfe_nme.run(bu4dfe_nme.Settings(tmp_path, turned=("Sad",), points=800, graded=0))
    assert [figure.group for figure in result.figures if figure.name == "nme"] == ["front, happy"]
    assert result.values[0]["found"] and result.values[0]["nme"] < 30
    with pytest.raises(UserError, match="did you mean 'Happy'"):
        bu4dfe_nme.run(bu4dfe_nme.Settings(tmp_path, turned=("Hapy",)))


def test_bu4dfe_has_rows_of_poses_and_of_expressions_from_the_front() -> None:
    values = [
        {"expression": name, "turned": turned, "yaw_deg": yaw}
        for name, turned, yaw in (
            ("Happy", False, 0.0),
            ("Happy", True, 0.0),
            ("Happy", True, -80.0),
            ("Sad", False, 0.0),
        )
    ]
    rows = {row: len(kept) for row, kept in bu4dfe_nme.groups(values).items()}
    assert rows == {"all poses": 2, "yaw 0": 1, "yaw 80": 1, "front, happy": 1, "front, sad": 1}


def test_bu3dfe(tmp_path: Path, heads: list[Head]) -> None:
    for name, head in (("F0001_AN01WH", heads[0]), ("F0001_NE00WH", heads[0]), ("M0001_NE00WH", heads[1])):
        write_bu3dfe(tmp_path, head, name)
    result = bu3dfe_depth.run(bu3dfe_depth.Settings(tmp_path, shown=2, graded=3))
    mean = {figure.group: figure for figure in result.figures if figure.name == "mean"}
    assert list(mean) == ["all", "anger", "neutral"]
    assert (mean["all"].n, mean["anger"].n, mean["neutral"].n) == (2, 1, 2)
    by_name = {value["scan"]: value["mean"] for value in result.values}
    first = (by_name["F0001_AN01WH_F3D"] + by_name["F0001_NE00WH_F3D"]) / 2
    assert mean["all"].value == pytest.approx((first + by_name["M0001_NE00WH_F3D"]) / 2)
    assert all(0 < value["mean_face"] < 10 and 0 < value["mean"] < 40 for value in result.values)
    assert result.pictures["heat"].shape == (256, 256, 3) and result.self_grade is not None


def test_depth_of_a_known_answer(tmp_path: Path, heads: list[Head]) -> None:
    """The truth, of another scale and shift, scores nothing; who sees no face is charged the whole range."""
    write_bu3dfe(tmp_path, heads[0])
    scan = faces_of(tmp_path)[0].load()
    sitting = sit(scan, load("default"), 64)
    z_mm, _, pixels = sitting.depths(sitting.placed(np.eye(3)))
    position = np.concatenate([np.zeros((64, 64, 2)), z_mm[..., None]], 2).astype(np.float32)
    scored = score_scan(Oracle([(pixels, position, np.zeros((64, 64, 3)))], scale=0.5), scan, 64, seed=0)
    assert scored.measures["p90"] < 0.01 and scored.measures["coverage"] == 1
    assert np.array_equal(np.isfinite(scored.error_percent), pixels)
    blind = score_scan(Blind(), scan, 64, seed=0)
    assert blind.measures["mean"] == pytest.approx(100) and not np.isfinite(blind.error_percent).any()
