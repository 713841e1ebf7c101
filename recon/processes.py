"""Work in processes: each held to one thread, none left behind, and one sentence where one dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext, SpawnContext, SpawnProcess
from typing import Any, TypeVar

from recon.errors import UserError

Result = TypeVar("Result")
DEAD = "a worker process died, perhaps for want of memory: run the same command with fewer --workers"
BLAS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
THREADS = (*BLAS, "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")  # each read when its library is loaded


@contextmanager
def held_back(*signals: signal.Signals) -> Iterator[None]:
    """These signals wait while the block runs; a process that is started in it is born with them held back."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Worker(SpawnProcess):
    """Ctrl-C reaches the whole group; the parent alone answers it. A worker is born deaf to it: it imports for long."""

    def start(self) -> None:
        with held_back(signal.SIGINT):
            super().start()


class _Spawned(SpawnContext):
    Process = _Worker


WORKERS: BaseContext = _Spawned()  # not forked: torch, warp and the progress bar's thread make a forked child unsafe


def one_blas_thread() -> None:
    """Hold BLAS to one thread, where it is not loaded yet. The programs call it first of all.

    What works image by image gains nothing by threads: beside other work they only spin while they wait for each other.
    """
    for name in BLAS:
        os.environ.setdefault(name, "1")


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold torch, OpenCV and BLAS to one thread in the block."""
    import cv2
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])


@contextmanager
def process_pool(
    workers: int, start: Callable[..., None] | None = None, given: tuple[Any, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """Processes of one thread each, which first call `start(*given)`. They end with this one, however it ends.

    Raises UserError where one has died.
    """
    with _environment(dict.fromkeys(THREADS, "1")):
        pool = ProcessPoolExecutor(workers, WORKERS, initializer=_start_worker, initargs=(start, given))
        try:
            yield pool
        except BaseException as error:
            for child in multiprocessing.active_children():
                child.terminate()
            # One may have been stopped in the middle of an answer. The pool's thread would read on for ever: only with
            # this end closed, too, does it see that nobody writes any more.
            pool._result_queue._writer.close()  # pyright: ignore[reportAttributeAccessIssue]
            # Waited for: it closes pipes, and a process that multiprocessing began closes them as well while it ends.
            pool.shutdown(cancel_futures=True)
            if isinstance(error, BrokenProcessPool):  # of `submit`, where one died while nobody asked
                raise UserError(DEAD) from None
            raise
        pool.shutdown()


def result_of(future: Future[Result]) -> Result:
    """What a process of the pool answered; a UserError where it died."""
    try:
        return future.result()
    except BrokenProcessPool:
        raise UserError(DEAD) from None


def _start_worker(start: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:  # a killed parent can't stop its workers: each watches for its end
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()
    if start is not None:
        start(*given)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """These environment variables in the block: a spawned process has them before it loads anything."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
