"""Files appear whole or not at all; which files are images."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recon.errors import UserError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def image_files(folder: Path) -> list[Path]:
    """The files under `folder`, at any depth, whose names end like images', sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file())


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` to write to, renamed to `path` if the block ends without an error.

        with whole_file(folder / "sheet.png") as temporary:
            image.save(temporary, format="PNG")

    The temporary file is removed on any error; a full disk becomes a `UserError` that names `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
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


def refuse_unwritable(folder: Path) -> None:
    """Make the folder and raise a UserError now, and not after the work, where it takes no files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(f"--out: {folder} can't be written ({error.strerror}): name a folder of yours") from None


def _flush_to_disk(path: Path) -> None:
    # Without it a power cut can leave the new name with none of the bytes.
    with path.open("rb+") as file:
        os.fsync(file.fileno())
