import json
import shutil

import numpy as np
import pytest

from recon.methods.pretrained import digest
from recon.synthesis.codecs import Codes, image_to_column
from recon.synthesis.png import decode_png
from recon.synthesis.schema import COLUMNS, row_from_record
from recon.synthesis.shards import write_shard
from synth2real.cli import main
from synth2real.dataset.checksums import FILE, read_checksums, write_checksums
from synth2real.dataset.verify import verify
from tests.recon.synthesis.fake_records import SCHEMA, fake_record
from tests.synth2real.dataset.verify.damage import COUNT, FIRST, SECOND, SIZE, THIRD, flip, rewrite


@pytest.fixture
def copy(renders, tmp_path):
    shutil.copytree(renders, tmp_path / "copy")
    return tmp_path / "copy"


def said(folder, **options):
    return [str(finding) for finding in verify(folder, **{"sample": 0, **options}).wrong]


def test_a_whole_dataset_is_verified(renders, capsys):
    assert main(["verify", str(renders), "--sample", str(COUNT)]) == 0
    out = capsys.readouterr().out
    assert f"nothing is wrong: {COUNT} rows read, {COUNT} of them made again" in out and "bit for bit" in out


def test_a_flipped_bit_is_found_wherever_it_is(copy):
    whole = (copy / SECOND).read_bytes()
    for place in np.linspace(0.001, 0.999, 12):
        flip(copy / SECOND, place)
        found = said(copy)
        assert f"{SECOND}: its bytes are not those of {FILE}" in found
        (copy / SECOND).write_bytes(whole)


def test_the_row_of_a_flipped_bit_is_named_without_checksums_too(copy):
    (copy / FILE).unlink()
    flip(copy / SECOND, 0.5)  # within the pages of some group
    assert any("can't be read" in one and one.startswith(f"{SECOND} row") for one in said(copy))


def test_a_truncated_shard(copy, capsys):
    whole = (copy / SECOND).read_bytes()
    (copy / SECOND).write_bytes(whole[: len(whole) // 2])
    found = said(copy)
    assert f"{SECOND}: has {len(whole) // 2} bytes, not the {len(whole)} of {FILE}" in found
    assert f"{SECOND}: can't be read: its end is missing or broken" in found
    assert f"{THIRD} row 0 (index 16): indices 8 to 15 are missing before it" in found
    assert main(["verify", str(copy), "--sample", "0"]) == 1
    assert "things are wrong" in capsys.readouterr().out


def test_a_missing_shard_and_a_missing_row(copy):
    (copy / THIRD).unlink()
    assert said(copy) == [f"{THIRD}: is missing"]
    rewrite(copy, FIRST, lambda rows: rows[:3] + rows[4:])
    found = said(copy)
    assert f"{FIRST} row 3 (index 4): index 3 is missing before it" in found
    assert f"{FIRST}: holds 7 rows, a shard before the last 8" in found


def test_a_doubled_index_names_both_rows(copy):
    rewrite(copy, SECOND, lambda rows: [*rows[:5], rows[2] | {"index": 1}, *rows[6:]])
    found = said(copy)
    assert f"{SECOND} row 5 (index 1): the index stands in {FIRST} row 1 already" in found
    assert f"{SECOND} row 6 (index 14): index 13 is missing before it" in found


def test_edited_labels_are_found_under_right_checksums(copy):
    edited = ["mask", "depth", "landmarks_px", "yaw_deg", "scene", "hair", "index"]
    rewrite(copy, FIRST, lambda rows: [*map(edit, rows, edited), *rows[len(edited) :]])
    found = said(copy, sample=COUNT)
    for number, column in enumerate(edited[:-1]):
        (one,) = (one for one in found if one.startswith(f"{FIRST} row {number} (index {number}): "))
        assert f"the column {column} " in one
    assert f"{FIRST} row 7 (index 7): index 6 is missing before it" in found


def edit(row, column):
    """The row with one value of a column changed by as little as can be."""
    value = row[column]
    if isinstance(value, dict):
        pixels = decode_png(value["bytes"]).copy()
        pixels[16, 16] = 255 - pixels[16, 16] if pixels.dtype == np.uint8 else pixels[16, 16] ^ 1
        return row | {column: image_to_column(pixels)}
    if isinstance(value, np.ndarray):
        value = value.copy()
        value[3, 0] = np.nextafter(value[3, 0], np.float32(1e9))
        return row | {column: value}
    return row | {column: f"{value} " if isinstance(value, str) else value + 64 if column == "index" else value + 1e-3}


def test_rows_of_a_file_with_a_wrong_checksum_are_made_again_first(copy):
    rewrite(copy, THIRD, lambda rows: [rows[0], rows[1] | {"smile": 0.125}, *rows[2:]], checksums=False)
    found = said(copy, sample=1)
    assert found[-1].startswith(f"{THIRD} row 1 (index 17): the column smile is 0.125, made again")


@pytest.mark.parametrize("column", [column for column in COLUMNS if isinstance(column.codec, Codes)][:3])
def test_codes_out_of_range_and_foreign_seeds(copy, column):
    pixels = np.full((SIZE, SIZE), 65535, np.uint16)
    worse = {column.name: image_to_column(pixels)} if column.codec.low < -1 else {"seed": 4}
    rewrite(copy, FIRST, lambda rows: [rows[0], rows[1] | worse, *rows[2:]])
    (found,) = said(copy)
    assert found.startswith(f"{FIRST} row 1 (index 1): the column {next(iter(worse))} holds")


def test_images_of_another_size(copy):
    small = image_to_column(np.zeros((16, 16), np.uint8))
    rewrite(copy, FIRST, lambda rows: [rows[0], *(row | {"mask": small} for row in rows[1:3]), *rows[3:]])
    (found,) = said(copy)
    assert found.startswith(f"{FIRST} rows 1 to 2: the column mask is of shape (16, 16), not (32, 32)")


def test_an_edited_manifest(copy):
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"seed": 4}))
    found = said(copy)
    assert found[0].startswith("manifest.json: ")
    assert found[1].startswith(f"{FIRST} rows 0 to 7: the column seed holds 3, the manifest 4")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 1}, "of schema 1"),
        ({"renderer": -1}, "renderer was -1"),
        ({"model": "other"}, "face model 'other'"),
        ({"kind": "cats"}, "no dataset that is known"),
    ],
)
def test_what_cannot_be_verified_here_is_said_in_one_line(copy, capsys, change, message):
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | change))
    assert main(["verify", str(copy)]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_no_dataset(tmp_path, capsys):
    assert main(["verify", str(tmp_path / "nothing")]) == 2
    assert main(["verify", str(tmp_path)]) == 2
    assert main(["verify", "nobody/nothing"]) == 2  # the tests are offline
    assert capsys.readouterr().err.count("\n") == 3


def test_checksums_follow_growth_and_bless_no_damage(tmp_path):
    def write(count):
        write_shard(tmp_path / FIRST, SCHEMA, [row_from_record(fake_record(i)) for i in range(count)])
        return write_checksums(tmp_path)[FIRST]

    assert write(2).rows == 2 and write(3).rows == 3
    there = write_checksums(tmp_path)
    assert there[FIRST].sha256 == digest(tmp_path / FIRST) and read_checksums(tmp_path) == there
    flip(tmp_path / FIRST, 0.5)
    assert write_checksums(tmp_path) == there
