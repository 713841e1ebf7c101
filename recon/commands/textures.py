"""`recon textures`: the skin of photographed faces in one file, to train networks with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes.

    photos   folder of photos of one face each, at any depth
    out      file to write, .npy
    network  weights of the reconstructor; none: the bundled one
    device   for the network: cpu or cuda
    """

    photos: Path
    out: Path
    network: Path | None = None
    device: str = "cpu"


def run(options: Options) -> None:
    from recon.reconstruction.networks import network_of
    from recon.reconstruction.photo_textures import write_textures

    made, photos = write_textures(options.photos, options.out, network_of(options.network, options.device))
    print(f"{made} textures of {photos} photos are in {options.out}")
