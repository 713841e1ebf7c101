"""Work on photo after photo with one network, in this process or in several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from recon.methods.base import Reconstructor
from recon.processes import one_thread, process_pool
from recon.progress import progress
from recon.reconstruction.networks import network_of

Task = TypeVar("Task")
Work = Callable[[Task, Reconstructor], None]  # a function of a module, or a partial of one: it travels by pickle


def work_on_each(tasks: Sequence[Task], work: Work[Task], weights: Path | None, workers: int) -> None:
    """Call `work` on each task, each held to one thread. weights: of the network; None: the bundled one."""
    if not tasks:
        return
    with progress("photos", len(tasks)) as count, one_thread():
        if workers <= 1:
            network = network_of(weights)
            for task in tasks:
                work(task, network)
                count()
            return
        with process_pool(min(workers, len(tasks)), _start, (weights,)) as pool:
            for future in [pool.submit(_work_on, work, task) for task in tasks]:
                future.result()
                count()


_network: Reconstructor | None = None  # in a process of the pool


def _start(weights: Path | None) -> None:
    global _network
    _network = network_of(weights)


def _work_on(work: Work[Task], task: Task) -> None:
    assert _network is not None
    work(task, _network)
