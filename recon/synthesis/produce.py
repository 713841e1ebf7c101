"""Fill a folder with shards from several workers, so that it can be stopped at any moment and gone on with.

    out/manifest.json              what the rows depend on; going on with anything else is refused
    out/data/train-00000.parquet   the first RECORDS_PER_SHARD kept records, in the order of their index; and so on
    out/.begun/0000128.parquet     kept records 128 to 143 of a shard in progress; and so on, until it is whole

Row i depends on the job and i alone, and the parent writes in order of index, so the files are the same bytes whatever
the workers and however often it was stopped. A shard appears whole, made of its parts; a kill costs at most
the records of one part.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from recon.errors import UserError
from recon.files import only_run_in, whole_file
from recon.progress import progress
from recon.synthesis.column import SCHEMA_VERSION
from recon.synthesis.engines.local import Local
from recon.synthesis.job import BLOCK, Engine, Job, Made, Row, Wanted
from recon.synthesis.shards import Rows, row_count, shard_files, shard_path, write_shard
from recon.texts import read_json

RECORDS_PER_SHARD = 128
PART = 16  # records of a part of a shard: what a kill can cost
PATIENCE = 128  # candidates without one that is kept, before giving up


@dataclass
class Pace:
    """What this run took. seconds: of all workers together, by stage. blocks: made in wall_s."""

    seconds: dict[str, float] = field(default_factory=dict)
    blocks: int = 0
    wall_s: float = 0.0

    def told(self, blocks: Iterator[Made]) -> Iterator[Made]:
        """The blocks, each counted."""
        began = time.monotonic()
        for made in blocks:
            self.blocks += 1
            self.wall_s = time.monotonic() - began
            for name, took in zip(self.seconds, made.seconds, strict=True):
                self.seconds[name] += took
            yield made

    def __str__(self) -> str:
        if not self.blocks:
            return "nothing was left to do"
        candidates = self.blocks * BLOCK
        each = ", ".join(f"{name} {took / candidates:.3f} s" for name, took in self.seconds.items())
        return f"{candidates / self.wall_s:.2f} candidates a second; each took one worker: {each}"


@dataclass(frozen=True)
class Produced:
    """count: rows in the folder. candidates: indices drawn for them. shards: their files, in order.
    pace: of this run's stages."""

    count: int
    candidates: int
    shards: list[Path]
    pace: Pace = field(default_factory=Pace, compare=False)


def produce(job: Job, count: int, out: Path, workers: int | Engine) -> Produced:
    """Make the folder `out` hold `count` rows of `job`, going on from what is already there.

    workers: processes of this machine, or an engine that has others.

    Raises UserError where `out` can't be written, holds rows of another job or more than `count`, or another run is at
    work there, and where the disk is full.
    """
    begin(job.manifest(), out)
    with only_run_in(out):
        pace = _fill(out, job, count, Local(workers) if isinstance(workers, int) else workers)
        shards = shard_files(out)
        return Produced(count, _last_index(shards[-1]) + 1, shards, pace)


def begin(manifest: Mapping[str, Any], out: Path) -> None:
    """Make `out` the folder of the job with this manifest. Raises UserError as `produce` does."""
    _refuse_other_things(out)
    with only_run_in(out):
        _open_folder(out, {"schema": SCHEMA_VERSION, "records_per_shard": RECORDS_PER_SHARD, **manifest})


def _fill(out: Path, job: Job, count: int, engine: Engine) -> Pace:
    """Draw what is missing of `count` rows."""
    stages = job.stages()
    pace, there = Pace({stage.name: 0.0 for stage in stages}), sum(map(row_count, shard_files(out)))
    if there > count:
        raise UserError(f"{out} holds {there} records already: ask for --count {there} or more, or name another --out")
    if there == count:
        _remove_parts(out)  # a run that was killed in between left them
        return pace
    shard, pieces, index = _resume_point(out)
    done, schema = shard * RECORDS_PER_SHARD + sum(map(row_count, pieces)), job.schema()
    wanted = Wanted(count - done)
    with (
        progress("records", count, min(done, count)) as counted,
        engine.blocks(stages, index - index % BLOCK, wanted) as blocks,
    ):
        rows = _kept_rows(pace.told(blocks), index, wanted)
        for number in range(shard, -(-count // RECORDS_PER_SHARD)):
            first = number * RECORDS_PER_SHARD
            last = min(first + RECORDS_PER_SHARD, count)
            while done < last:
                pieces.append(_part_path(out, done))
                part = _counted(islice(rows, min(PART, last - done)), counted)
                done += write_shard(pieces[-1], schema, part, compressed=False)
            write_shard(shard_path(out, number), schema, islice(Rows(pieces).rows(), last - first))
            pieces = []
            _remove_parts(out)
    return pace


def read_manifest(out: Path) -> dict[str, Any]:
    """What the rows of a produced folder depend on."""
    path = out / "manifest.json"
    try:
        said = read_json(path)
    except (OSError, ValueError):
        said = None
    if not isinstance(said, dict):
        raise UserError(f"{path} can't be read: choose a folder made by synth2real, or a new one")
    return said


def _refuse_other_things(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file: name a folder")
    begun = (out / "manifest.json").exists()
    if out.exists() and not begun and any(not entry.name.startswith(".") for entry in out.iterdir()):
        raise UserError(f"--out {out} holds other files: name a new folder")


def _open_folder(out: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, or compare it with the one that is there."""
    path = out / "manifest.json"
    manifest = json.loads(json.dumps(manifest))  # tuples become lists, as they will be when read again
    if path.exists():
        return _refuse_other_job(out, read_manifest(out), manifest)
    try:
        with whole_file(path) as temporary:
            temporary.write_text(json.dumps(manifest, indent=2) + "\n")
    except OSError as error:
        raise UserError(f"--out {out} can't be written ({error.strerror}): name a folder of yours") from None


def _refuse_other_job(out: Path, there: Mapping[str, Any], asked: Mapping[str, Any], prefix: str = "") -> None:
    for key in sorted(there.keys() | asked.keys()):
        old, new = there.get(key), asked.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            _refuse_other_job(out, old, new, f"{prefix}{key}.")
        elif old != new:
            raise UserError(
                f"{out} was begun with {prefix}{key} {old!r}, not {new!r}: go on with the same, or name another --out"
            )


def _resume_point(out: Path) -> tuple[int, list[Path], int]:
    """The first shard that is not full, the files that hold its rows so far, and the first index not yet tried."""
    for unfinished in [*(out / "data").glob(".*.tmp"), *_part_path(out, 0).parent.glob(".*.tmp")]:
        unfinished.unlink()
    shard = 0
    while shard_path(out, shard).exists() and row_count(shard_path(out, shard)) == RECORDS_PER_SHARD:
        shard += 1
    pieces = [shard_path(out, shard)] if shard_path(out, shard).exists() else []
    done = shard * RECORDS_PER_SHARD + sum(map(row_count, pieces))
    while _part_path(out, done).exists():
        pieces.append(_part_path(out, done))
        done += row_count(pieces[-1])
    last = pieces[-1] if pieces else shard_path(out, shard - 1) if shard else None
    return shard, pieces, _last_index(last) + 1 if last else 0


def _part_path(out: Path, first: int) -> Path:
    """Where the part of a shard in progress is that begins with the kept record `first`."""
    return out / ".begun" / f"{first:07d}.parquet"


def _remove_parts(out: Path) -> None:
    """All are in their shard by now."""
    folder = _part_path(out, 0).parent
    for part in folder.glob("*.parquet"):
        part.unlink()
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()


def _last_index(shard: Path) -> int:
    return max(row["index"] for row in Rows([shard]).rows(["index"]))


def _kept_rows(blocks: Iterator[Made], index: int, wanted: Wanted) -> Iterator[Row]:
    """The first rows of the blocks that the job keeps, of indices from `index` on, in order, until no more are wanted.
    The first block holds `index`."""
    skipped, rejected_in_a_row = index % BLOCK, 0
    while wanted.rows:
        for row in next(blocks).items[skipped:]:
            rejected_in_a_row = 0 if row else rejected_in_a_row + 1
            if rejected_in_a_row == PATIENCE:
                raise UserError(f"the last {PATIENCE} images were all rejected: raise --max_drift")
            if row and wanted.rows:
                wanted.rows -= 1
                yield row
        skipped = 0


def _counted(rows: Iterator[Row], count: Callable[[], None]) -> Iterator[Row]:
    for row in rows:
        count()
        yield row
