"""The plain engine: processes of this machine, each of which does all stages of its blocks."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass

from recon.processes import ProcessPool, process_pool
from recon.synthesis.job import BLOCK, Made, Stage, Wanted, opened


@dataclass(frozen=True)
class Local:
    """workers: processes."""

    workers: int

    @contextmanager
    def blocks(self, stages: Sequence[Stage], first: int, wanted: Wanted) -> Iterator[Iterator[Made]]:
        """As `Engine` has it."""
        with process_pool(max(1, min(self.workers, wanted.blocks)), _start, (tuple(stages),)) as pool:
            yield self._in_order(pool, first, wanted)

    def _in_order(self, pool: ProcessPool, first: int, wanted: Wanted) -> Iterator[Made]:
        pending: deque[Future[Made]] = deque()
        while True:
            # No more blocks under way than the rows still wanted need: none is computed in vain at the end.
            while len(pending) < max(1, min(2 * self.workers, wanted.blocks)):
                pending.append(pool.submit(_made, range(first, first + BLOCK)))
                first += BLOCK
            yield pending.popleft().result()


_make: Callable[[Sequence[int]], Made] | None = None  # in a worker: what it does


def _start(stages: tuple[Stage, ...]) -> None:
    global _make
    _make = opened(stages)
    gc.freeze()  # what is loaded by now stays: no collection has to walk it


def _made(block: range) -> Made:
    assert _make is not None
    return _make(block)
