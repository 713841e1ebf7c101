from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from recon.errors import UserError
from recon.files import image_files, only_run_in, printable, refuse_unwritable, whole_file


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


def test_images_are_found_through_links_and_once(tmp_path: Path) -> None:
    photos, far = tmp_path / "photos", tmp_path / "far"
    for name in ("photos/a.JPG", "photos/deep/b.avif", "photos/notes.txt", "photos/out/sheet.jpg", "far/c.jfif"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (photos / "linked").symlink_to(far)
    (photos / "again").symlink_to(far)
    (far / "back").symlink_to(photos)
    (photos / "gone.png").symlink_to(tmp_path / "nowhere.png")  # looked at, so that it is named
    found = [path.relative_to(photos).as_posix() for path in image_files(photos, leave_out=photos / "out")]
    assert found == ["a.JPG", "again/c.jfif", "deep/b.avif", "gone.png"]


def test_a_folder_that_takes_no_files_is_refused_before_the_work(tmp_path: Path) -> None:
    refuse_unwritable(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
    for folder in (Path("/proc/nowhere"), tmp_path / "new" / "file" / "deeper"):
        (tmp_path / "new" / "file").write_text("in the way")
        with pytest.raises(UserError, match=f"--out: {folder} can't be written .*: name a folder of yours"):
            refuse_unwritable(folder)


def test_a_folder_is_for_one_run_at_a_time(tmp_path: Path) -> None:
    refused = pytest.raises(UserError, match=r"another run is at work in --out .*out")
    with only_run_in(tmp_path / "out"), refused, only_run_in(tmp_path / "out"):
        raise AssertionError
    with only_run_in(tmp_path / "out"):
        pass
    assert not list((tmp_path / "out").iterdir())


def test_what_a_killed_run_had_begun_is_removed(tmp_path: Path) -> None:
    """But nothing that looks like it only a little, or is in a folder that another run may be at work in."""
    begun = [tmp_path / name for name in (".a.txt.7.tmp", "data/.b.parquet.123.tmp")]
    others = [tmp_path / name for name in ("a.txt", "c.7.tmp", ".d.tmp", "cache/.lock", "cache/.e.txt.7.tmp")]
    for path in begun + others:
        path.parent.mkdir(exist_ok=True)
        path.write_text("half")
    with only_run_in(tmp_path):
        assert not any(path.exists() for path in begun) and all(path.exists() for path in others)
    with only_run_in(tmp_path / "cache"):
        assert not others[-1].exists()


def test_a_name_is_told_on_one_line() -> None:
    assert printable(Path("deep/grüße 1.png")) == "deep/grüße 1.png"
    assert printable("a\nb\t.png") == "a\\nb\\t.png"
    assert printable(os.fsdecode(b"\xff.png")) == "\\udcff.png"
