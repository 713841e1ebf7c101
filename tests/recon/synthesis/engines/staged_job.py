"""A job of two stages whose rows cost nothing, and whose workers die when told to."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from recon.errors import UserError
from recon.synthesis.job import Stage
from tests.recon.synthesis.fake_job import FakeJob


@dataclass(frozen=True)
class StagedJob(FakeJob):
    """`FakeJob` behind a stage that doubles and one, for GPUs, that halves.

    marks: a folder; the parent of each worker of the first stage leaves its name there. kill: each stage's
    worker kills itself with the block of index 16, the first time that it comes there. refuse: an index of a UserError.
    """

    marks: Path | None = None
    kill: bool = False
    refuse: int = -1

    def stages(self):
        return Stage("double", self.open_double), Stage("halve", self.open_halve, self.open_halve)

    def open_double(self):
        return self._double

    def open_halve(self):
        return self._halve

    def _double(self, indices):
        if self.marks is not None:
            (self.marks / f"node-{os.getppid()}").touch()
        self._may_die("double", indices[0])
        if self.refuse in indices:
            raise UserError("the weights are gone: give others")
        time.sleep(self.pause_s)
        return [2 * index for index in indices]

    def _halve(self, doubled):
        self._may_die("halve", doubled[0] // 2)
        time.sleep(self.pause_s)
        return self.open()(range(doubled[0] // 2, doubled[-1] // 2 + 1))

    def _may_die(self, stage: str, first: int) -> None:
        if self.kill and first == 16 and self.marks is not None:
            mark = self.marks / f"died-{stage}"
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
