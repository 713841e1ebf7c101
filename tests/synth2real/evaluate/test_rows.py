import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recon.errors import UserError
from synth2real.evaluate.rows import named_folders, read_row
from tests.recon.synthesis.fake_records import fake_record

RECORDS = [dataclasses.replace(fake_record(index), index=index) for index in (0, 2)]


def write(file: Path, value: int, size: int = 16) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((size, size, 3), value, np.uint8)).save(file)


def test_images_are_found_by_the_number_that_their_name_ends_with(tmp_path):
    write(tmp_path / "out_000000.png", 10)
    write(tmp_path / "sub" / "out2.png", 20)
    write(tmp_path / "other.png", 30)
    assert read_row(tmp_path, RECORDS)[:, 0, 0, 0].tolist() == [10, 20]


def test_what_is_missing_or_of_another_size_is_named(tmp_path):
    write(tmp_path / "000000.png", 10)
    with pytest.raises(UserError, match="no image of render 2"):
        read_row(tmp_path, RECORDS)
    write(tmp_path / "000002.png", 10, size=64)
    with pytest.raises(UserError, match=r"000002\.png is 64x64 px, the renders are 16"):
        read_row(tmp_path, RECORDS)


def test_names_of_folders(tmp_path):
    assert named_folders([f"a={tmp_path}", f"b={tmp_path}"]) == {"a": tmp_path, "b": tmp_path}
    for words in (["a"], [f"a={tmp_path}", f"a={tmp_path}"], [f"renders={tmp_path}"], ["a=/no/where"]):
        with pytest.raises(UserError, match="--images "):
            named_folders(words)
