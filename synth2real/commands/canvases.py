"""`synth2real canvases`: photos from which the face is removed, to draw other faces on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded
from recon.ranges import PROCESSES


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes.

    photos       folder of photos, at any depth; a faces.csv in or beside it gives points, licences and attributions
    out          folder of the canvases; a run that was stopped goes on there
    network      weights of the reconstructor, a file, folder or Hub id, best with a parser; none: the bundled one
    size         of the canvases, px
    licence      of the photos of which no faces.csv says one
    attribution  of the same photos
    workers      processes
    """

    photos: Path
    out: Path
    network: Path | None = None
    size: int = bounded(256, 64, 1024)
    licence: str = ""
    attribution: str = ""
    workers: int = bounded(os.cpu_count() or 1, 1, PROCESSES[1])


def run(options: Options) -> None:
    from recon.canvases.folder import make_canvases
    from synth2real.dataset.checksums import write_checksums

    print(
        make_canvases(
            options.photos,
            options.out,
            options.network,
            options.size,
            options.licence,
            options.attribution,
            options.workers,
        )
    )
    write_checksums(options.out)
