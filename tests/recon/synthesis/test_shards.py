import dataclasses
import errno
import os
import pickle
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from recon.errors import UserError
from recon.synthesis import shards as module
from recon.synthesis.schema import columns_of, record_from_row, row_from_record
from recon.synthesis.shards import Rows, row_count, write_shard
from tests.recon.synthesis.fake_records import SCHEMA, fake_record


def assert_same(a, b):
    for field in dataclasses.fields(a):
        left, right = getattr(a, field.name), getattr(b, field.name)
        if isinstance(left, np.ndarray):
            assert (left.dtype, left.shape) == (right.dtype, right.shape), field.name
            assert left.tobytes() == right.tobytes(), field.name  # NaN by its bits too
        else:
            assert left == right and type(left) is type(right), field.name


def load(folder) -> Any:
    return load_dataset("parquet", data_files=f"{folder}/a.parquet", split="train", cache_dir=f"{folder}/cache")


def write(path, indices):
    return write_shard(path, SCHEMA, (row_from_record(fake_record(i)) for i in indices))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two shards, the first of two groups of rows."""
    out = tmp_path_factory.mktemp("rows")
    assert write(out / "data" / "train-00000.parquet", range(40)) == 40
    write(out / "data" / "train-00001.parquet", range(40, 43))
    assert pq.read_metadata(out / "data" / "train-00000.parquet").num_row_groups == 2
    return out


def test_every_label_survives_our_own_reading(folder):
    records = list(map(record_from_row, Rows(folder)))
    assert len(records) == len(Rows(folder)) == 43 and Rows(folder).columns == [c.name for c in SCHEMA.columns]
    for index, record in enumerate(records):
        assert_same(fake_record(index), record)
    assert any(np.isnan(record.uv).any() for record in records)


@pytest.mark.parametrize("kind", [None, "numpy"])
def test_every_label_survives_load_dataset(tmp_path, kind):
    write(tmp_path / "a.parquet", range(3))
    rows = load(tmp_path)
    assert rows.features == SCHEMA.features
    for index, row in enumerate(rows.with_format(kind)):
        assert_same(fake_record(index), record_from_row(row))


def test_images_decode_without_our_code(tmp_path):
    write(tmp_path / "a.parquet", range(1))
    rows = load(tmp_path)
    record, row = fake_record(0), rows[0]
    assert (row["render"].mode, row["depth"].mode, row["mask"].mode) == ("RGB", "I;16", "L")
    depth = np.asarray(row["depth"])
    np.testing.assert_array_equal(np.where(depth == 0, np.nan, (depth.astype(float) - 32768) / 128), record.depth_mm)


def test_any_row_at_random_with_few_files_at_hand(folder, monkeypatch):
    monkeypatch.setattr(module, "OPEN_FILES", 1)
    monkeypatch.setattr(module, "OPEN_GROUPS", 1)
    rows = Rows(folder)
    for number in np.random.default_rng(0).permutation(43):
        assert rows.row(int(number))["index"] == number
    for number in (-1, 43):
        with pytest.raises(IndexError, match=f"no row {number} of 43"):
            rows.row(number)


def test_some_fields_alone(folder):
    fields = ("rgb", "position_mm")
    assert columns_of(fields) == ["index", "seed", "render", "position_x", "position_y", "depth"]
    row = Rows(folder).row(41, columns_of(fields))
    assert list(row) == columns_of(fields)
    read, whole = record_from_row(row, fields), fake_record(41)
    np.testing.assert_array_equal(read.position_mm, whole.position_mm)
    np.testing.assert_array_equal(read.rgb, whole.rgb)
    assert (read.index, read.seed) == (41, 0) and read.mask.shape == read.vertices_mm.shape == (0,)
    assert (read.mask.dtype, read.normals.dtype) == (bool, np.float32) and np.isnan(read.focal_px)
    with pytest.raises(UserError, match="no column mask"):
        record_from_row(row, ("mask",))
    with pytest.raises(ValueError, match="'positions'; did you mean 'position_mm'"):
        columns_of(["positions"])


def test_rows_travel_as_paths(folder):
    rows = Rows(folder)
    rows.row(3)
    sent = pickle.dumps(rows)
    assert len(sent) < 2000
    assert_same(record_from_row(pickle.loads(sent).row(42)), fake_record(42))


def test_the_same_rows_give_the_same_bytes(tmp_path):
    write(tmp_path / "a.parquet", range(3))
    write(tmp_path / "b.parquet", range(3))
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_groups_of_rows_are_bounded_by_bytes(tmp_path, monkeypatch):
    row = row_from_record(fake_record(0))
    images = sum(len(value["bytes"]) for value in row.values() if isinstance(value, dict))
    arrays = sum(value.nbytes for value in row.values() if isinstance(value, np.ndarray))
    monkeypatch.setattr(module, "GROUP_BYTES", 3 * (images + arrays))
    write_shard(tmp_path / "a.parquet", SCHEMA, [row] * 7)
    metadata = pq.read_metadata(tmp_path / "a.parquet")
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [3, 3, 1]


def test_a_flipped_byte_is_said_or_harmless(tmp_path):
    path = tmp_path / "a.parquet"
    write(path, range(3))
    whole, random = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for place in random.integers(0, len(whole), 150):
        broken = bytearray(whole)
        broken[place] ^= 1 << int(random.integers(8))
        path.write_bytes(broken)
        try:
            read = [record_from_row(row) for row in Rows([path])]
        except UserError:  # most name the file; a column's name that was hit, the column
            refused += 1
            continue
        for index, record in enumerate(read):
            assert_same(record, fake_record(index))
    assert refused > 75


def test_some_columns_alone(folder):
    assert [row["index"] for row in Rows(folder).rows(["index"])] == list(range(43))
    with pytest.raises(UserError, match=r"train-00000\.parquet has no column indx; did you mean 'index'"):
        Rows(folder).row(0, ["indx"])


def test_a_failure_between_rows_leaves_nothing(tmp_path):
    def rows():
        yield row_from_record(fake_record(0))
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_shard(tmp_path / "a.parquet", SCHEMA, rows())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        (0, {"depth": row_from_record(fake_record(0))["mask"]}, "the column depth holds uint8"),  # seen by its codec
        (1, {"identity": np.zeros(4, np.float32)}, "the column identity does not hold"),  # seen by its type in the file
        (1, {"scene": 7}, "the column scene does not hold"),
        (1, {"landmark": 7}, "a column landmark that its schema lacks"),
    ],
)
def test_a_row_that_does_not_fit_is_named_and_leaves_nothing(tmp_path, place, change, message):
    rows = [row_from_record(fake_record(i)) for i in range(2)]
    rows[place] |= change
    with pytest.raises(UserError, match=message):
        write_shard(tmp_path / "a.parquet", SCHEMA, rows)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing_and_names_the_file(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=r"no space left .*a\.parquet"):
        write(tmp_path / "a.parquet", range(2))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("read", [row_count, lambda path: list(Rows([path]))])
def test_a_broken_shard_is_named(tmp_path, read):
    write(tmp_path / "a.parquet", range(2))
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"a\.parquet can't be read"):
        read(tmp_path / "a.parquet")


def test_a_flipped_byte_is_found_wherever_it_is(tmp_path):
    path = tmp_path / "a.parquet"
    write(path, range(2))
    whole, wrong = path.read_bytes(), []
    for place in np.linspace(4, len(whole) - 9, 60).astype(int):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            records = list(map(record_from_row, Rows([path])))
        except UserError:
            continue
        wrong += [place for i, record in enumerate(records) if record.rgb.tobytes() != fake_record(i).rgb.tobytes()]
    assert not wrong


def test_a_folder_without_a_dataset(tmp_path):
    with pytest.raises(UserError, match="there is no dataset in"):
        Rows(tmp_path)
