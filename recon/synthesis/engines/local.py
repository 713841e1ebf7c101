"""The plain engine: processes of this machine, each of which does all stages of its blocks."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from recon.processes import process_pool, result_of
from recon.synthesis.job import BLOCK, Made, Stage, Wanted, opened


@dataclass(frozen=True)
class Local:
    """workers: processes."""

    workers: int

    @contextmanager
    def blocks(self, stages: Sequence[Stage], first: int, wanted: Wanted) -> Iterator[Iterator[Made]]:
        """As `Engine` has it."""
        with process_pool(self.workers, _start, (tuple(stages),)) as pool:
            yield self._in_order(pool, first, wanted)

    def _in_order(self, pool: ProcessPoolExecutor, first: int, wanted: Wanted) -> Iterator[Made]:
        pending: deque[Future[Made]] = deque()
        while True:
            # No more blocks under way than the rows still wanted need: none is computed in vain at the end.
            while len(pending) < max(1, min(2 * self.workers, wanted.blocks)):
                pending.append(pool.submit(_made, range(first, first + BLOCK)))
                first += BLOCK
            yield result_of(pending.popleft())


_stages: tuple[Stage, ...] = ()  # in a worker: what it was started for
_make: Callable[[Sequence[int]], Made] | None = None  # and what does it, once opened


def _start(stages: tuple[Stage, ...]) -> None:
    global _stages
    _stages = stages


def _made(block: range) -> Made:
    global _make
    if _make is None:  # opened here and not at the start, so that its UserError reaches the parent
        _make = opened(_stages)
        gc.freeze()  # what is loaded by now stays: no collection has to walk it
    return _make(block)
