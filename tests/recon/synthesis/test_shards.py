import dataclasses
import errno
import os
from typing import Any

import numpy as np
import pytest
from datasets import load_dataset

from recon.errors import UserError
from recon.synthesis.shards import read_records, read_rows, record_from_row, row_count, row_from_record, write_shard
from tests.recon.synthesis.fake_records import FEATURES, fake_record


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
    return write_shard(path, FEATURES, (row_from_record(fake_record(i)) for i in indices))


def test_every_label_survives_our_own_reading(tmp_path):
    assert write(tmp_path / "a.parquet", range(40)) == 40  # more than one row group
    write(tmp_path / "b.parquet", range(40, 43))
    records = list(read_records([tmp_path / "a.parquet", tmp_path / "b.parquet"]))
    assert len(records) == 43
    for index, record in enumerate(records):
        assert_same(fake_record(index), record)
    assert any(np.isnan(record.uv).any() for record in records)


@pytest.mark.parametrize("kind", [None, "numpy"])
def test_every_label_survives_load_dataset(tmp_path, kind):
    write(tmp_path / "a.parquet", range(3))
    rows = load(tmp_path)
    assert rows.features == FEATURES
    for index, row in enumerate(rows.with_format(kind)):
        assert_same(fake_record(index), record_from_row(row))


def test_images_decode_without_our_code(tmp_path):
    write(tmp_path / "a.parquet", range(1))
    rows = load(tmp_path)
    record, row = fake_record(0), rows[0]
    assert (row["render"].mode, row["depth"].mode, row["mask"].mode) == ("RGB", "I;16", "L")
    depth = np.asarray(row["depth"])
    np.testing.assert_array_equal(np.where(depth == 0, np.nan, (depth.astype(float) - 32768) / 128), record.depth_mm)


def test_the_same_rows_give_the_same_bytes(tmp_path):
    write(tmp_path / "a.parquet", range(3))
    write(tmp_path / "b.parquet", range(3))
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_some_columns_alone(tmp_path):
    write(tmp_path / "a.parquet", range(3))
    assert [row["index"] for row in read_rows([tmp_path / "a.parquet"], ["index"])] == [0, 1, 2]


def test_a_failure_between_rows_leaves_nothing(tmp_path):
    def rows():
        yield row_from_record(fake_record(0))
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_shard(tmp_path / "a.parquet", FEATURES, rows())
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing_and_names_the_file(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=r"no space left .*a\.parquet"):
        write(tmp_path / "a.parquet", range(2))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("read", [row_count, lambda path: list(read_records([path]))])
def test_a_broken_shard_is_named(tmp_path, read):
    write(tmp_path / "a.parquet", range(2))
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"a\.parquet can't be read"):
        read(tmp_path / "a.parquet")
