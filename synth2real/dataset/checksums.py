"""`checksums.json`: what each file of a dataset must be, so that a flipped bit or a lost end is found and named.

    {"data/train-00000.parquet": {"sha256": "...", "bytes": 1234, "rows": 128}, "manifest.json": {...}, ...}

A shard's entry is written once and kept while its number of rows is the same: running a command again blesses no
damage. Where a run that adds rows is killed, the entry of a shard that has grown still tells its old number of rows,
which says that the run is to be gone on with.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from recon.errors import UserError
from recon.files import whole_file
from recon.methods.pretrained import digest
from recon.synthesis.shards import row_count, shard_files
from recon.texts import read_json

FILE = "checksums.json"
BESIDE = ("manifest.json", "template.npz")  # files beside the shards that rows are read with


@dataclass(frozen=True)
class Checksum:
    """sha256: hexadecimal, of the file's bytes. bytes: how many. rows: of a shard, None of others."""

    sha256: str
    bytes: int
    rows: int | None = None


def read_checksums(folder: Path) -> dict[str, Checksum]:
    """Relative path -> what stands in the folder's `checksums.json`; empty where there is none."""
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        return {name: Checksum(**values) for name, values in read_json(path).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        raise UserError(f"{path} can't be read: delete it to go without checksums, or fetch it again") from None


def write_checksums(folder: Path) -> dict[str, Checksum]:
    """Bring the folder's `checksums.json` up to date, and return it: for shards that are new or have grown."""
    there = read_checksums(folder)
    entries = {name: _checksum(folder / name) for name in BESIDE if (folder / name).exists()}
    for path in shard_files(folder):
        name, rows = name_in(folder, path), row_count(path)
        entry = there.get(name)
        entries[name] = entry if entry is not None and entry.rows == rows else _checksum(path, rows)
    plain = {
        name: {key: value for key, value in asdict(one).items() if value is not None}
        for name, one in sorted(entries.items())
    }
    with whole_file(folder / FILE) as temporary:
        temporary.write_text(json.dumps(plain, indent=1) + "\n")
    return entries


def name_in(folder: Path, path: Path) -> str:
    """How a file of the folder is named in its checksums, and in what is said of it."""
    return path.relative_to(folder).as_posix()


def _checksum(path: Path, rows: int | None = None) -> Checksum:
    return Checksum(digest(path), path.stat().st_size, rows)
