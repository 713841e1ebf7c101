"""`synth2real select`: a part of a dataset as a dataset of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recon.configuration import positional


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes.

    dataset  a folder made by `render`, `generate` or `select`, or a dataset's name on the Hub
    where    which rows, by their plain columns, such as 'abs(yaw_deg) < 20 and glasses != "none" and drift_mm < 2'
    out      new folder
    """

    dataset: str = positional("DATASET")
    where: str
    out: Path


def run(options: Options) -> None:
    from synth2real.dataset.select import select

    print(select(options.dataset, options.where, options.out))
