"""Work in processes: each held to one thread, none left behind, and one sentence where one dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext, SpawnProcess
from queue import SimpleQueue
from typing import Any, TypeVar

from recon.errors import UserError

Result = TypeVar("Result")
Task = Callable[[], Any]
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


WORKERS: SpawnContext | ForkContext = (
    _Spawned()
)  # not forked: torch, warp and the progress bar's thread make a forked child unsafe


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
) -> Iterator[ProcessPool]:
    """Processes of one thread each, which first call `start(*given)`. They end with this one, however it ends."""
    pool = ProcessPool(workers, partial(start, *given) if start else None)
    try:
        pool.begin()
        yield pool
        pool.shutdown()
        pool.dismiss()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        pool.kill()
        pool.shutdown()  # its threads, too: each saw its process end
        raise


class ProcessPool(ThreadPoolExecutor):
    """An executor whose threads each hand a task to a process and wait for what it answers.

    Each process has a pipe of its own, and nobody else holds its end of it: where one dies, even amid an answer, its
    pipe ends, and with it the wait. That becomes a UserError of the task. In `ProcessPoolExecutor` all answer through
    one pipe: a process that is killed amid an answer leaves it waiting for the rest for ever.
    """

    def __init__(self, workers: int, first: Task | None) -> None:
        """first: what each process does before its first task; what it raises is that task's."""
        super().__init__(workers)
        self._workers, self._first = workers, first
        self._crew: list[_Member] = []
        self._idle: SimpleQueue[_Member] = SimpleQueue()

    def begin(self) -> None:
        """Start the processes: before the threads, as a lock that a thread holds would be held for ever in a fork."""
        with _environment(dict.fromkeys(THREADS, "1")):
            for _ in range(self._workers):
                self._crew.append(_Member(self._first))
                self._idle.put(self._crew[-1])

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """As an executor's; the function, what it is given and what it answers travel by pickle."""
        return super().submit(self._asked, partial(fn, *args, **kwargs))

    def _asked(self, task: Callable[[], Result]) -> Result:
        member = self._idle.get()  # there are as many as threads
        try:
            return member.ask(task)
        finally:
            self._idle.put(member)

    def dismiss(self) -> None:
        """End the processes, once all is answered."""
        for member in self._crew:
            member.dismiss()

    def kill(self) -> None:
        """End the processes, whatever they are at."""
        for member in self._crew:
            member.process.kill()
            member.process.join()


class _Member:
    """A process, and this end of its pipe."""

    def __init__(self, first: Task | None) -> None:
        self.first = first
        self.pipe, theirs = WORKERS.Pipe()
        with theirs:
            self.process = WORKERS.Process(target=_serve, args=(theirs,), daemon=True)
            self.process.start()

    def ask(self, task: Callable[[], Result]) -> Result:
        if self.first:
            self._ask(self.first)
            self.first = None
        return self._ask(task)

    def _ask(self, task: Callable[[], Result]) -> Result:
        try:
            self.pipe.send(task)
            answer, error, where = self.pipe.recv()
        except (EOFError, OSError):
            raise UserError(DEAD) from None
        if error is not None:
            raise error from RuntimeError(f"in a worker process:\n{where}")
        return answer

    def dismiss(self) -> None:
        with suppress(OSError):  # it died after its last answer
            self.pipe.send(None)
        self.process.join()


def _serve(pipe: Connection) -> None:
    """Do task after task until there is None."""
    parent = multiprocessing.parent_process()
    if parent is not None:  # a killed parent can't stop its workers: each watches for its end
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()
    with suppress(EOFError, OSError):  # the parent is gone
        while (task := pipe.recv()) is not None:
            pipe.send(_answered(task))


def _answered(task: Task) -> tuple[Any, BaseException | None, str]:
    """What it answers, or what it raises and where."""
    try:
        return task(), None, ""
    except BaseException as error:
        return None, error, traceback.format_exc()


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
