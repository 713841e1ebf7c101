"""Results as tables and as JSON, and that neither tells where data lay."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from recon.errors import UserError
from recon.evaluate.results import (
    Figure,
    Measure,
    Result,
    figure_table,
    figures_of,
    number,
    per_person,
    read_result,
    remarks,
    without_places,
)

MEASURES = {"error": Measure("error", "mm"), "share": Measure("share")}
VALUES = [{"error": 1.0, "share": 0.5}, {"error": 3.0, "share": 0.25}, {"error": float("nan"), "share": 0.0}]


def test_figures_leave_out_what_is_not_finite_and_hold_their_interval() -> None:
    error, share = figures_of(VALUES, MEASURES)
    assert (error.value, error.median, error.n, share.n) == (2.0, 2.0, 2, 3)
    assert error.low == 1.0 and error.high == 3.0
    assert figures_of(VALUES[2:], MEASURES)[0] == Figure("share", "share", "", 0.0, 1, None, None, 0.0)


def test_a_table_has_a_row_a_figure_or_a_row_a_group() -> None:
    table = figure_table(figures_of(VALUES, MEASURES))
    assert "| error (mm) | 2.00" in table and "1.00 to 3.00" in table
    grouped = figure_table([*figures_of(VALUES[:1], MEASURES, "one"), *figures_of(VALUES[1:2], MEASURES, "two")])
    assert [line.split("|")[1].strip() for line in grouped.splitlines()[2:]] == ["one", "two"]
    assert "error (mm)" in grouped.splitlines()[0] and "3.00" in grouped.splitlines()[3]


def test_numbers_have_three_digits_that_count() -> None:
    assert [number(x) for x in (1.984, 0.97312, 24.71, 123.4, 1843.0, 100.0)] == [
        "1.98", "0.973", "24.7", "123", "1843", "100",
    ]  # fmt: skip


def test_a_table_says_the_same_of_what_was_kept() -> None:
    """Also of a value that six digits bring to the edge of three."""
    for value in (189.4999996, 0.97349999999, -24.64999998):
        assert number(value) == number(float(f"{value:.6g}"))


def test_a_result_is_read_back_and_its_values_lie_beside(tmp_path: Path) -> None:
    settings = {"scene": Path("configs/a.yaml"), "folder": "/data/faces/james", "model": "ict:/data/models/x.npz"}
    notes, weights = ("a note",), {"net.safetensors": "ab"}
    result = Result("Title", "renders", settings, figures_of(VALUES, MEASURES), notes, weights, VALUES)
    result.write(tmp_path / "out", "name", ["recon", "evaluate", "renders", "--folder", "/data/faces/james"])
    back, origin = read_result(tmp_path / "out/name.json")
    assert (back.figures, back.notes, back.weights) == (result.figures, notes, weights) and not back.values
    assert back.settings == {"scene": "configs/a.yaml", "folder": "james", "model": "ict:x.npz"}
    assert origin["command"] == "recon evaluate renders --folder james" and len(origin["date"]) == 10
    values = json.loads((tmp_path / "out/name.values.json").read_text())["values"]
    assert values == [*VALUES[:2], {"error": None, "share": 0.0}]
    assert "a note" in result.markdown()


def test_pictures_and_the_grade_are_kept(tmp_path: Path) -> None:
    picture = np.zeros((2, 3, 3), np.uint8)
    result = Result("T", "p", {}, figures_of(VALUES, MEASURES), pictures={"ced": picture}, self_grade=0.412)
    result.write(tmp_path, "n", [])
    assert {file.name for file in tmp_path.iterdir()} == {"n.json", "n.ced.png"}
    assert read_result(tmp_path / "n.json")[0].self_grade == 0.412
    assert "grades itself 0.41" in result.markdown() and "poor judge" in result.markdown()


def test_a_persons_views_are_one_value() -> None:
    values = [{"person": person, "e": error} for person, error in zip("abaa", (1.0, np.nan, 4.0, np.nan), strict=True)]
    first, second = per_person(values, ["e"])
    assert first["e"] == 2.5 and np.isnan(second["e"])


def test_numpys_values_are_written_plainly(tmp_path: Path) -> None:
    Result("Title", "x", {}, (), values=[{"a": np.float32(0.5), "b": np.arange(2)}]).write(tmp_path, "n", [])
    assert json.loads((tmp_path / "n.values.json").read_text())["values"] == [{"a": 0.5, "b": [0, 1]}]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("data/weights/a.safetensors", "data/weights/a.safetensors"),
        ("/home/somebody/a.safetensors", "a.safetensors"),
        ("../shared/eval/james", "james"),
        ("ict:../models/ict.npz", "ict:ict.npz"),
        ("side 60, hard", "side 60, hard"),
        (["--folder", Path("/x/y")], ["--folder", "y"]),
        (3, 3),
    ],
)
def test_only_names_are_kept_of_places_elsewhere(given: object, kept: object) -> None:
    assert without_places(given) == kept


def test_a_file_that_is_no_result_is_named(tmp_path: Path) -> None:
    for text in ("{", "{}", "[]"):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(UserError, match="is not a result"):
            read_result(tmp_path / "a.json")


def test_figures_of_few_values_without_an_interval_are_marked():
    rough, told = Figure("a", "A", "mm", 1.5, 16), Figure("b", "B", "mm", 2.5, 16, 2.0, 3.0)
    many = Figure("c", "C", "mm", 3.5, 64)
    assert (rough.text(), told.text(), many.text()) == ("1.50*", "2.50 (2.00 to 3.00)", "3.50")
    assert remarks([told, many]) == [] and "fewer than 64" in remarks([rough])[0]
    shown = Result("T", "p", {}, (rough, many)).markdown()
    assert "1.50*" in shown and "3.50*" not in shown and "fewer than 64" in shown
