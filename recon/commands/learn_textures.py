"""`recon learn-textures`: the skin of photographed faces as statistics that drawn people's skins come from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded
from recon.ranges import PROCESSES


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes.

    photos   folders of photos, at any depth; a faces.csv in or beside each gives points, licences and attributions
    out      file to write, .safetensors; a scene file's skin_texture takes it
    network  weights of the reconstructor, a file, folder or Hub id, best one with a parser; none: the bundled one
    cache    folder of what was read off each photo, where a stopped run goes on; none: OUT.read
    workers  processes
    """

    photos: tuple[Path, ...]
    out: Path
    network: Path | None = None
    cache: Path | None = None
    workers: int = bounded(os.cpu_count() or 1, 1, PROCESSES[1])


def run(options: Options) -> None:
    from recon.skins.job import learn_textures

    cache = options.cache or options.out.with_name(f"{options.out.name}.read")
    print(learn_textures(options.photos, options.out, cache, options.network, options.workers))
