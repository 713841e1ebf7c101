"""How far long work is: a bar on a terminal, else a line about every half minute. Both on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

EVERY_S = 30.0

Item = TypeVar("Item")


@contextmanager
def progress(what: str, total: int, done: int = 0) -> Iterator[Callable[[], None]]:
    """What to call as each of `total` pieces is made, `done` of which were there before.

    with progress("records", 100) as advance:
        for record in records:
            write(record)
            advance()
    """
    console, pace = Console(stderr=True), _Pace(total, done)
    if not console.is_terminal:
        yield _Lines(what, pace)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[pace]}"), console=console, transient=True) as bar:
        task = bar.add_task(what, total=total, completed=done, pace="")

        def advance() -> None:
            pace.made += 1
            bar.update(task, completed=done + pace.made, pace=str(pace))

        yield advance


def tracked(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """The items, each counted when the next one is asked for. total: their number, where they don't know it."""
    if total is None:
        assert isinstance(items, Sized)
        total = len(items)
    with progress(what, total) as advance:
        for item in items:
            yield item
            advance()


class _Pace:
    """made: pieces since the beginning. As text: the rate over all that time, and what is left at it."""

    def __init__(self, total: int, done: int) -> None:
        self.total, self.done, self.made, self.began = total, done, 0, time.monotonic()

    def __str__(self) -> str:
        seconds = max(time.monotonic() - self.began, 1e-9) / max(self.made, 1)
        left = (self.total - self.done - self.made) * seconds
        rate = f"{1 / seconds:.1f}/s" if seconds < 1 else f"{seconds:.1f} s each"
        return f"{rate}, {f'{left / 60:.0f} min' if left > 90 else f'{left:.0f} s'} left"


class _Lines:
    def __init__(self, what: str, pace: _Pace) -> None:
        self.what, self.pace, self.told = what, pace, time.monotonic()

    def __call__(self) -> None:
        self.pace.made += 1
        if time.monotonic() - self.told >= EVERY_S:
            self.told = time.monotonic()
            made = self.pace.done + self.pace.made
            print(f"{self.what}: {made} of {self.pace.total}, {self.pace}", file=sys.stderr, flush=True)
