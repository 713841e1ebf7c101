from __future__ import annotations

import errno
from pathlib import Path

import pytest

from recon.errors import UserError
from recon.files import refuse_unwritable, whole_file


def test_the_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with whole_file(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ValueError("x"), ValueError),
        (OSError(errno.ENOSPC, "full"), UserError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_an_error_keeps_the_old_file_and_no_other(tmp_path: Path, error: BaseException, raised: type) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(raised), whole_file(path) as temporary:
        temporary.write_text("ha")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_takes_no_files_is_refused_before_the_work(tmp_path: Path) -> None:
    refuse_unwritable(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
    for folder in (Path("/proc/nowhere"), tmp_path / "new" / "file" / "deeper"):
        (tmp_path / "new" / "file").write_text("in the way")
        with pytest.raises(UserError, match=f"--out: {folder} can't be written .*: name a folder of yours"):
            refuse_unwritable(folder)
