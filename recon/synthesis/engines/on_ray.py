"""A Ray cluster as an engine.

    with GPUs:     a task a block: render -> an actor a GPU: translate -> this process writes
    without one:   a task a block: render, translate -> this process writes

Ray Data keeps the order, holds no more finished blocks than fit its object store, and makes again what a worker or a
node that died took with it. The nodes need this package, Ray and the files that the job names, at the same paths.
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from math import ceil
from typing import Any

import pyarrow as pa
import ray
import ray.data
from ray.data import ActorPoolStrategy, Dataset, Datasource
from ray.data.block import BlockMetadata
from ray.data.datasource import ReadTask

from recon.errors import UserError
from recon.processes import THREADS
from recon.synthesis.job import BLOCK, Made, Stage, Wanted

WAVE = 8192  # blocks that are planned at once: Ray holds a description of each
SETTINGS = b"\x04"  # the type of the frame with which both sides of HTTP/2 begin (RFC 9113, 3.4)
HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0" + SETTINGS + b"\0\0\0\0\0"
ANSWER_S = 5  # how long a cluster may take to answer
COLUMN = "block"  # of Ray's tables: one row, a pickled `Made` or UserError


@dataclass(frozen=True)
class OnRay:
    """address: "HOST:PORT" of a cluster, one node of which is this machine; None: a cluster of this machine alone, for
    this run, or the one that the process is in already.

    Raises UserError where nothing answers at the address.
    """

    address: str | None = None

    def __post_init__(self) -> None:
        if self.address is not None:
            _refuse_silence(self.address)

    @contextmanager
    def blocks(self, stages: Sequence[Stage], first: int, wanted: Wanted) -> Iterator[Iterator[Made]]:
        """As `Engine` has it."""
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        with _joined(self.address), closing(_in_order(stages, first, wanted)) as made:
            yield made


def _in_order(stages: Sequence[Stage], first: int, wanted: Wanted) -> Generator[Made, None, None]:
    asked, made_rows = wanted.rows, 0
    while True:
        # As many blocks as the rows still wanted need, if as many are kept as so far: hardly one is computed in vain.
        share = max(asked - wanted.rows, 1) / made_rows if made_rows else 1.0
        count = max(1, min(ceil(wanted.rows / share / BLOCK), WAVE))
        for row in _dataset(stages, range(first, first + count * BLOCK, BLOCK)).iter_rows():
            made = pickle.loads(row[COLUMN])
            if isinstance(made, UserError):
                raise made
            yield made
        first += count * BLOCK
        made_rows += count * BLOCK


def _dataset(stages: Sequence[Stage], starts: range) -> Dataset:
    """The blocks that begin with these indices, as Ray Data makes them; nothing runs yet."""
    gpus = int(ray.cluster_resources().get("GPU", 0))
    split = next((i for i, stage in enumerate(stages) if gpus and stage.on_gpu), len(stages))
    on_cpu, on_gpu = pickle.dumps(stages[:split]), pickle.dumps(stages[split:])
    dataset = ray.data.read_datasource(_Blocks(on_cpu, starts), override_num_blocks=len(starts), num_cpus=1)
    if split < len(stages):
        dataset = dataset.map_batches(
            _Actor,
            batch_size=1,
            batch_format="pyarrow",
            compute=ActorPoolStrategy(min_size=1, max_size=gpus),
            fn_constructor_args=(on_gpu,),
            num_cpus=1,
            num_gpus=1,
        )
    dataset.context.execution_options.preserve_order = True
    dataset.context.enable_progress_bars = dataset.context.print_on_execution_start = False
    return dataset


class _Blocks(Datasource):
    """What Ray calls reading is here the work of the CPUs."""

    def __init__(self, stages: bytes, starts: range) -> None:
        self.stages, self.starts = stages, starts

    def estimate_inmemory_data_size(self) -> int | None:
        return None

    def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[ReadTask]:
        one = BlockMetadata(num_rows=1, size_bytes=None, exec_stats=None)
        return [ReadTask(partial(_first, self.stages, start), one) for start in self.starts]


def _first(stages: bytes, start: int) -> list[pa.Table]:
    return [_table(_after(stages, Made(range(start, start + BLOCK)), gpu=False))]


class _Actor:
    """The work of a GPU. Ray starts an actor again, elsewhere if need be, whose process or node died."""

    def __init__(self, stages: bytes) -> None:
        self.stages = stages

    def __call__(self, table: pa.Table) -> pa.Table:
        return _table(_after(self.stages, pickle.loads(table[COLUMN][0].as_py()), gpu=True))


def _after(stages: bytes, made: Made | UserError, gpu: bool) -> Made | UserError:
    """A UserError, of these stages or one before, is passed on as a block: it is told when its block is asked for."""
    if isinstance(made, UserError):
        return made
    try:
        for step in _steps(stages, gpu):
            made = step(made)
        return made
    except UserError as error:
        return error


@cache
def _steps(stages: bytes, gpu: bool) -> list[Callable[[Made], Made]]:
    """Opened once in each process."""
    return [stage.step(gpu) for stage in pickle.loads(stages)]


def _table(made: Made | UserError) -> pa.Table:
    return pa.table({COLUMN: pa.array([pickle.dumps(made)], pa.large_binary())})


@contextmanager
def _joined(address: str | None) -> Iterator[None]:
    """This process in a cluster. Raises UserError where it can't be joined."""
    if address is None and ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray.init(
            address or "local",
            runtime_env={"env_vars": dict.fromkeys(THREADS, "1")},
            include_dashboard=None if address else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"no Ray cluster can be joined at {address or 'this machine'} ({reason})") from None
    try:
        yield
    finally:
        ray.shutdown()


def _refuse_silence(address: str) -> None:
    """Raise UserError where no gRPC server listens: Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or "/" in host:
        raise UserError(f"--address {address} is not HOST:PORT: give what `ray start --head` said")
    try:
        with socket.create_connection((host, int(port)), timeout=ANSWER_S) as connection:
            connection.sendall(HTTP2)
            answer = connection.recv(9)
    except (OSError, OverflowError):
        answer = b""
    if answer[3:4] != SETTINGS:
        raise UserError(f"no Ray cluster answers at --address {address}: start one with `ray start --head`") from None
