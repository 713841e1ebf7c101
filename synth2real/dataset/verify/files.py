"""The files of a dataset against their checksums and names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recon.errors import UserError
from recon.methods.pretrained import digest
from recon.synthesis.shards import row_count, shard_path, shards_in
from synth2real.dataset.checksums import FILE, name_in, read_checksums
from synth2real.dataset.verify.verdict import Finding, Verdict


def check_files(folder: Path, manifest: Mapping[str, Any], verdict: Verdict) -> set[Path]:
    """Compare files with their checksums; the files whose bytes are others are returned."""
    entries, suspects = read_checksums(folder), set()
    if not entries:
        verdict.notes.append(f"there is no {FILE}: whether bytes have changed is known of the rows made again alone")
    for name, entry in entries.items():
        path = folder / name
        if not path.exists():
            verdict.add(Finding(name, "is missing"))
        elif path.stat().st_size != entry.bytes:
            suspects.add(path)
            verdict.add(Finding(name, f"has {path.stat().st_size} bytes, not the {entry.bytes} of {FILE}"))
        elif digest(path) != entry.sha256:
            suspects.add(path)
            verdict.add(Finding(name, f"its bytes are not those of {FILE}"))
    shards = shards_in(folder)
    for number, path in enumerate(shards):
        if path != shard_path(folder, number) and path not in map(folder.joinpath, entries):
            verdict.add(Finding(name_in(folder, path), f"is not the shard {number} that should be here"))
        elif entries and name_in(folder, path) not in entries:
            verdict.add(Finding(name_in(folder, path), f"is not in {FILE}"))
    for path in shards[:-1]:
        rows = rows_of(path)
        if rows is not None and rows != manifest.get("records_per_shard"):
            text = f"holds {rows} rows, a shard before the last {manifest.get('records_per_shard')}"
            verdict.add(Finding(name_in(folder, path), text))
    if (folder / ".begun").exists():
        verdict.add(Finding(".begun", "the making is not finished: run the same command again"))
    return suspects


def rows_of(path: Path) -> int | None:
    """The number of rows of a shard; None where it can't be read."""
    try:
        return row_count(path)
    except UserError:
        return None
