"""Fill a folder with shards from several processes, so that it can be stopped at any moment and gone on with.

    out/manifest.json              what the rows depend on; going on with anything else is refused
    out/data/train-00000.parquet   the first RECORDS_PER_SHARD kept records, in the order of their index; and so on

Row i depends on the job and i alone, and the parent writes in order of index, so the files are the same bytes whatever
the number of workers. A shard appears whole: after a kill, the one in progress is made again.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Protocol

from recon.errors import UserError
from recon.files import whole_file
from recon.progress import progress
from recon.synthesis.column import SCHEMA_VERSION, Schema
from recon.synthesis.shards import Rows, row_count, shard_files, shard_path, write_shard

RECORDS_PER_SHARD = 128
BLOCK = 8  # records of one task; always whole, so that a network sees the same batch whatever is asked for
PATIENCE = 128  # candidates without one that is kept, before giving up

Row = dict[str, Any]
MakeRows = Callable[[range], "list[Row | None]"]  # rows of these indices, None where a candidate is rejected


class Job(Protocol):
    """Makes rows. Travels to each worker by pickle, so it holds settings and paths, not models."""

    def open(self) -> MakeRows:
        """Load what is needed, once in each worker, and return what makes the rows."""
        ...

    def schema(self) -> Schema:
        """The columns of the rows."""
        ...

    def manifest(self) -> dict[str, Any]:
        """All that the rows depend on, as plain JSON values: kind, seed, size, config, weights."""
        ...


@dataclass(frozen=True)
class Produced:
    """count: rows in the folder. candidates: indices drawn for them. shards: their files, in order."""

    count: int
    candidates: int
    shards: list[Path]


def produce(job: Job, count: int, out: Path, workers: int) -> Produced:
    """Make the folder `out` hold `count` rows of `job`, going on from what is already there.

    Raises UserError where `out` can't be written, holds rows of another job or more than `count`, or the disk is full.
    """
    _open_folder(out, {"schema": SCHEMA_VERSION, "records_per_shard": RECORDS_PER_SHARD, **job.manifest()})
    done, index = _resume_point(out, count)
    if done < count:
        schema = job.schema()
        with progress("records", count, done) as advance, _pool(job, workers) as pool:
            rows = _kept_rows(pool, index, count - done, workers)
            while done < count:
                size = min(RECORDS_PER_SHARD, count - done)
                shard = islice(rows, size)
                write_shard(shard_path(out, done // RECORDS_PER_SHARD), schema, _counted(shard, advance))
                done += size
    shards = shard_files(out)
    return Produced(done, _last_index(shards[-1]) + 1, shards)


def read_manifest(out: Path) -> dict[str, Any]:
    """What the rows of a produced folder depend on."""
    path = out / "manifest.json"
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        raise UserError(f"{path} can't be read: choose a folder made by synth2real, or a new one") from None


def _open_folder(out: Path, manifest: Mapping[str, Any]) -> None:
    path = out / "manifest.json"
    manifest = json.loads(json.dumps(manifest))  # tuples become lists, as they will be when read again
    try:
        if out.exists() and not out.is_dir():
            raise UserError(f"--out {out} is a file: name a folder")
        if path.exists():
            return _refuse_other_job(out, read_manifest(out), manifest)
        if out.exists() and any(not entry.name.startswith(".") for entry in out.iterdir()):
            raise UserError(f"--out {out} holds other files: name a new folder")
        (out / "data").mkdir(parents=True, exist_ok=True)
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


def _resume_point(out: Path, count: int) -> tuple[int, int]:
    """How many rows are there to stay, and the first index not yet tried after them."""
    for unfinished in (out / "data").glob(".*.tmp"):
        unfinished.unlink()
    files = shard_files(out)
    there = sum(map(row_count, files))
    if there > count:
        raise UserError(f"{out} holds {there} records already: ask for --count {there} or more, or name another --out")
    if there == count:
        return there, 0
    whole = 0  # full shards without a gap
    for file in files:
        if file != shard_path(out, whole) or row_count(file) < RECORDS_PER_SHARD:
            break
        whole += 1
    return whole * RECORDS_PER_SHARD, _last_index(files[whole - 1]) + 1 if whole else 0


def _last_index(shard: Path) -> int:
    return max(row["index"] for row in Rows([shard]).rows(["index"]))


def _kept_rows(pool: ProcessPoolExecutor, index: int, wanted: int, workers: int) -> Iterator[Row]:
    """The first `wanted` rows that the job keeps, of indices from `index` on, in order."""
    start = index - index % BLOCK
    pending: deque[tuple[range, Future]] = deque()
    kept = rejected_in_a_row = 0
    while kept < wanted:
        # No more blocks under way than the rows still wanted need: none is computed in vain at the end.
        while len(pending) < min(2 * workers, -(-(wanted - kept) // BLOCK)):
            block = range(start, start + BLOCK)
            pending.append((block, pool.submit(_make_rows, block)))
            start += BLOCK
        block, future = pending.popleft()
        for candidate, row in zip(block, _result(future), strict=True):
            if candidate < index or kept == wanted:
                continue
            rejected_in_a_row = 0 if row else rejected_in_a_row + 1
            if rejected_in_a_row == PATIENCE:
                raise UserError(f"the last {PATIENCE} images were all rejected: raise --max_drift")
            if row:
                kept += 1
                yield row


def _result(future: Future) -> list[Row | None]:
    try:
        return future.result()
    except BrokenProcessPool:
        raise UserError(
            "a worker process died, perhaps for want of memory: run the same command with fewer --workers"
        ) from None


@contextmanager
def _pool(job: Job, workers: int) -> Iterator[ProcessPoolExecutor]:
    # Read when NumPy is loaded, which a worker has yet to do: more threads only spin beside the other workers.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Spawned, not forked: torch, warp and the progress bar's thread make a forked child unsafe.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(job,))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    pool.shutdown()


_job: Job | None = None  # in a worker: what it was started for
_make: MakeRows | None = None  # and what makes its rows, once opened


def _start_worker(job: Job) -> None:
    global _job
    _job = job
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent alone answers it
    parent = multiprocessing.parent_process()
    if parent is not None:  # a killed parent can't stop its workers: each watches for its end
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()


def _make_rows(block: range) -> list[Row | None]:
    global _make
    if _make is None:  # opened here and not at the start, so that its UserError reaches the parent
        assert _job is not None
        _make = _job.open()
        gc.freeze()  # what is loaded by now stays: no collection has to walk it
    return _make(block)


def _counted(rows: Iterator[Row], advance: Callable[[], None]) -> Iterator[Row]:
    for row in rows:
        advance()
        yield row
