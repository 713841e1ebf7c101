"""Files appear whole or not at all, in folders that one run at a time fills; which files are images."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from recon.errors import UserError

# Pillow lists these too: drawings that need another program to open, and stubs.
NO_PHOTOS = {".bufr", ".emf", ".eps", ".fit", ".fits", ".grib", ".h5", ".hdf", ".mpeg", ".mpg", ".pdf", ".ps", ".wmf"}
# Photos that Pillow opens with a plugin alone, or not at all: looked at, so that they are skipped by name.
OTHER_PHOTOS = {".arw", ".cr2", ".cr3", ".dng", ".heic", ".heif", ".hif", ".jxl", ".nef", ".orf", ".raf", ".rw2"}

LOCK = ".lock"  # of a folder that a run fills
TEMPORARY = re.compile(r"\..+\.\d+\.tmp")  # what `whole_file` writes to


@cache
def image_suffixes() -> frozenset[str]:
    """The endings of image files: all that Pillow and its plugins open, and those that are named when skipped."""
    from PIL import Image

    Image.init()
    opened = {end for end, kind in Image.registered_extensions().items() if kind in Image.OPEN}
    return frozenset(opened - NO_PHOTOS | OTHER_PHOTOS)


def image_formats() -> list[str]:
    """What Pillow calls the formats of photos, whatever a file's name: those of NO_PHOTOS, some of which run another
    program, are not among them."""
    from PIL import Image

    Image.init()
    without = {kind for end, kind in Image.registered_extensions().items() if end in NO_PHOTOS}
    return sorted(set(Image.OPEN) - without)


def image_files(folder: Path, leave_out: Path | None = None) -> list[Path]:
    """The files under `folder`, at any depth and through links, whose names end like images', sorted. Links to nothing
    are among them, so that they are named.

    A folder that is reached twice is looked into once. leave_out: a folder that is not looked into.
    """
    found: list[Path] = []
    entered = {_identity(leave_out)} if leave_out is not None and leave_out.is_dir() else set()
    for where, folders, names in os.walk(folder, followlinks=True):
        entered.add(_identity(Path(where)))
        for name in sorted(folders):
            if (identity := _identity(Path(where, name))) in entered:
                folders.remove(name)
            entered.add(identity)
        found += [Path(where, name) for name in names if os.path.splitext(name)[1].lower() in image_suffixes()]
    return sorted(found)


def printable(name: Path | str) -> str:
    """A file's name on one line of text: what is no printable character is escaped, as Python writes it.

    >>> printable("new\nline ü.png")
    'new\\nline ü.png'
    """
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in str(name))


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` to write to, renamed to `path` if the block ends without an error.

        with whole_file(folder / "sheet.png") as temporary:
            image.save(temporary, format="PNG")

    The temporary file is removed on any error; a full disk becomes a `UserError` that names `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")  # as TEMPORARY has it
    try:
        yield temporary
        _flush_to_disk(temporary)
        os.replace(temporary, path)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"no space left on the disk while writing {path}: free some and run the same command again"
            ) from None
        raise
    finally:
        temporary.unlink(missing_ok=True)


def refuse_unwritable(folder: Path, called: str = "--out") -> None:
    """Make the folder and raise a UserError now, and not after the work, where it takes no files. called: in that."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(f"{called}: {folder} can't be written ({error.strerror}): name a folder of yours") from None


def _flush_to_disk(path: Path) -> None:
    # Without it a power cut can leave the new name with none of the bytes.
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def only_run_in(folder: Path, called: str = "--out") -> Iterator[None]:
    """Hold `folder`, new or there, for this process alone; a UserError where another run holds it.

    A killed run holds it no longer; what it had begun to write is removed. called: what errors call the folder.
    """
    from filelock import FileLock, Timeout  # half of the time that a `--help` has

    refuse_unwritable(folder, called)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"another run is at work in {called} {folder}: wait until it ends, or name another folder"
        ) from None
    try:
        _remove_temporaries(folder)
        yield
    finally:
        Path(lock.lock_file).unlink(missing_ok=True)  # one who waits for the old file sees that it is gone
        lock.release()


def _remove_temporaries(folder: Path) -> None:
    """What a killed run had begun to write under `folder`, but not in folders within that have a lock of their own."""
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not Path(where, name, LOCK).exists()]
        for name in filter(TEMPORARY.fullmatch, names):
            Path(where, name).unlink(missing_ok=True)
