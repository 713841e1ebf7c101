"""`recon textures`: the skin of photographed faces in one file, to train networks with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded
from recon.ranges import PROCESSES


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes.

    photos   folder of photos of one face each, at any depth
    out      file to write, .npy
    network  weights of the reconstructor, a file, folder or Hub id; none: the bundled one
    device   for the network: cpu or cuda
    workers  processes
    """

    photos: Path
    out: Path
    network: Path | None = None
    device: str = "cpu"
    workers: int = bounded(os.cpu_count() or 1, 1, PROCESSES[1])


def run(options: Options) -> None:
    from recon.reconstruction.networks import network_of
    from recon.reconstruction.photo_textures import write_textures

    network = network_of(options.network, options.device)
    print(f"{write_textures(options.photos, options.out, network, options.workers)}; they are in {options.out}")
