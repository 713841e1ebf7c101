from __future__ import annotations

import errno
from pathlib import Path

import pytest

from recon.errors import UserError
from recon.files import whole_file


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
