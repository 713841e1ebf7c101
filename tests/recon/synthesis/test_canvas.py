import dataclasses
from pathlib import Path

import numpy as np
import pytest

from recon.errors import UserError
from recon.faces import load
from recon.synthesis.canvas import (
    COLUMNS,
    Canvas,
    canvas,
    canvas_from_row,
    canvas_schema,
    canvases,
    key_of_canvases,
    row_from_canvas,
)
from recon.synthesis.shards import shard_path, write_shard
from tests.recon.synthesis.fake_canvases import fake_canvas

MODEL = load("default")


def stored(folder: Path, count: int) -> Path:
    write_shard(
        shard_path(folder, 0), canvas_schema(MODEL), [row_from_canvas(fake_canvas(MODEL, n)) for n in range(count)]
    )
    return folder


def test_every_field_has_one_column() -> None:
    assert {column.field for column in COLUMNS} == {field.name for field in dataclasses.fields(Canvas)}
    assert len(COLUMNS) == len(dataclasses.fields(Canvas))


def test_a_canvas_comes_back_from_its_file(tmp_path: Path) -> None:
    folder = stored(tmp_path, 3)
    assert canvases(folder) == canvases(str(folder)) == ("fake_0", "fake_1", "fake_2")
    read, given = canvas(folder, "fake_2"), fake_canvas(MODEL, 2)
    for field in dataclasses.fields(Canvas):
        value, was = getattr(read, field.name), getattr(given, field.name)
        if field.name == "plate":
            assert np.abs(value.astype(int) - was).max() <= 2
        elif isinstance(was, np.ndarray):
            assert value.dtype == was.dtype and np.array_equal(value, was)
        else:
            assert value == pytest.approx(was)
    assert canvas(folder, "fake_2") is read and read.size == 32


def test_a_plate_loses_little() -> None:
    rng = np.random.default_rng(0)
    line = np.linspace(0, 1, 64)
    smooth = np.stack([np.outer(line, line), np.outer(1 - line, line), np.full((64, 64), 0.3)], -1)
    plate = (255 * np.clip(smooth + rng.normal(0, 0.01, smooth.shape), 0, 1)).round().astype(np.uint8)
    read = canvas_from_row(row_from_canvas(dataclasses.replace(fake_canvas(MODEL, size=64), plate=plate))).plate
    assert np.sqrt(np.mean((read.astype(float) - plate) ** 2)) < 3.5


def test_other_canvases_have_another_key(tmp_path: Path) -> None:
    keys = {key_of_canvases(stored(tmp_path / str(count), count)) for count in (1, 2)}
    assert len(keys) == 2 and key_of_canvases(stored(tmp_path / "again", 1)) in keys


def test_what_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        canvases(tmp_path / "none")
    with pytest.raises(UserError, match="no canvas 'fake_9'"):
        canvas(stored(tmp_path / "two", 2), "fake_9")
