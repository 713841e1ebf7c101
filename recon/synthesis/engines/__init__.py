"""Who makes the rows of a job: processes of this machine, or a Ray cluster. See `Engine` of `recon.synthesis.job`."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Literal

from recon.errors import UserError
from recon.synthesis.engines.local import Local
from recon.synthesis.job import Engine

EngineName = Literal["local", "ray"]


def engine_of(name: EngineName, workers: int | None, address: str | None) -> Engine:
    """The engine of this name. workers: the local one's; None: one a core. address: see `OnRay`.

    Raises UserError where one is given what is another's, or Ray is not installed.
    """
    if name == "local":
        if address is not None:
            raise UserError("--address is of a Ray cluster: give --engine ray too")
        return Local(workers or os.cpu_count() or 1)
    if workers is not None:
        raise UserError("--workers is for --engine local: Ray uses all cores of its cluster")
    if find_spec("ray") is None:
        raise UserError("--engine ray needs Ray: pip install 'synth2real[ray]'")
    from recon.synthesis.engines.on_ray import OnRay

    return OnRay(address)
