"""An engine that makes its blocks in this process: to start a worker takes longer than a few small renders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count

from recon.synthesis.job import BLOCK, Made, Stage, Wanted, opened


class InProcess:
    """As `recon.synthesis.job.Engine` has it."""

    @contextmanager
    def blocks(self, stages: Sequence[Stage], first: int, wanted: Wanted) -> Iterator[Iterator[Made]]:
        made = opened(stages)
        yield (made(range(start, start + BLOCK)) for start in count(first, BLOCK))
