"""What is produced, and by whom: a job is stages, a stage makes blocks of items, an engine runs the stages.

    RenderJob:    indices -> render -> rows
    GenerateJob:  indices -> render -> records -> translate -> rows

A stage sees BLOCK items at once, always the same ones: a network sees the same batch whatever is asked for, so that a
row is the same bits whichever engine made it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # a command's help names engines before anything heavy is imported
    from recon.synthesis.column import Schema

BLOCK = 8  # records of one task

Row = dict[str, Any]
Work = Callable[[Sequence[Any]], "list[Any]"]  # a stage's items of a block, from those of the stage before it


@dataclass(frozen=True)
class Made:
    """A block. items: what the stages so far made of its indices; at last its rows, None where a candidate is rejected.
    seconds: of each of these stages."""

    items: Sequence[Any]
    seconds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Stage:
    """One of the things that are done to a block. Travels to each worker by pickle: holds settings, not models.

    name: what it does. open: loads what is needed, once in each worker, and returns what does it. on_gpu: the same on a
    GPU, for an engine that has one; None: it gains nothing there.
    """

    name: str
    open: Callable[[], Work]
    on_gpu: Callable[[], Work] | None = None

    def step(self, gpu: bool = False) -> Callable[[Made], Made]:
        """Open the stage, for blocks that are told the time it took."""
        work = self.on_gpu() if gpu and self.on_gpu else self.open()

        def run(made: Made) -> Made:
            began = time.perf_counter()
            items = work(made.items)
            return Made(items, (*made.seconds, time.perf_counter() - began))

        return run


class Job(Protocol):
    """Makes rows."""

    def stages(self) -> tuple[Stage, ...]:
        """The first is given indices, the last gives rows, None where a candidate is rejected."""
        ...

    def schema(self) -> Schema:
        """The columns of the rows."""
        ...

    def manifest(self) -> dict[str, Any]:
        """All that the rows depend on, as plain JSON values: kind, seed, size, config, weights."""
        ...


@dataclass
class Wanted:
    """rows: how many more are wanted; whoever takes them counts down. An engine need not be further ahead."""

    rows: int

    @property
    def blocks(self) -> int:
        """How many blocks hold so many rows, if none is rejected."""
        return -(-self.rows // BLOCK)


class Engine(Protocol):
    """Runs the stages of a job for block after block."""

    def blocks(self, stages: Sequence[Stage], first: int, wanted: Wanted) -> AbstractContextManager[Iterator[Made]]:
        """Blocks without end, in order; the first begins with index `first`. Their workers end with the context.

        A worker that dies, or a UserError in one, raises UserError when its block is asked for.
        """
        ...


def opened(stages: Sequence[Stage]) -> Callable[[Sequence[int]], Made]:
    """All stages in this process, each opened once: a block's indices -> its rows."""
    steps = [stage.step() for stage in stages]
    return lambda indices: reduce(lambda made, step: step(made), steps, Made(indices))
