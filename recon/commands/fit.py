"""`recon fit`: photos with fitted labels, a dataset to train on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded
from recon.ranges import PROCESSES


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes.

    photos   folder of photos, at any depth; a faces.csv in or beside it gives points, licences and attributions
    out      folder of the dataset; a run that was stopped goes on there
    network  weights of the reconstructor, a file, folder or Hub id; none: the bundled one
    size     of the rows' images, px
    people   the folder has a folder for each person, whose photos are so marked: DECA learns from several of each
    turn     copies of each photo that show its face from further aside
    workers  processes
    """

    photos: Path
    out: Path
    network: Path | None = None
    people: bool = False
    size: int = bounded(256, 64, 1024)
    turn: int = bounded(0, 0, 8)
    workers: int = bounded(os.cpu_count() or 1, 1, PROCESSES[1])


def run(options: Options) -> None:
    from recon.fitting.fit_job import fit_photos

    one = options
    print(fit_photos(one.photos, one.out, one.network, one.size, one.turn, one.workers, one.people))
