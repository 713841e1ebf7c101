"""`recon reconstruct`: photos to detailed meshes, a folder a face."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from recon.configuration import bounded, positional, read_config
from recon.ranges import PROCESSES
from recon.reconstruction.config import ReconstructionConfig


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes beside its settings.

    photos     photos of faces, and folders of them
    out        folder to write to: in it a folder a photo, where several faces are seen one a face in that
    config     YAML file of the settings
    box        the face in the one photo: left, top, width and height in its pixels
    crop       each photo is a ready crop of one face
    no_detail  leave out the relief that the photo's shading shows
    formats    of the meshes, separated by commas, of obj, ply, glb, stl
    network    weights of the reconstructor of any method, a file, folder or Hub id; none: the bundled one of the method
    model      face model of the meshes, "default", ict:DIR, flame:PATH or bfm:PATH; none: that of the network's meshes
    method     whose bundled network, or that of the weights given: pix2vertex, prnet, vrn, vrn-multitask, vrn-guided
               or deca; none: pix2vertex
    device     for the network: cpu or cuda
    workers    processes for the meshes
    """

    photos: tuple[Path, ...] = positional("PHOTO_OR_FOLDER...")
    out: Path
    config: Path | None = None
    box: tuple[float, float, float, float] | None = None
    crop: bool = False
    no_detail: bool = False
    formats: str = "obj"
    network: Path | None = None
    model: str | None = None
    method: str | None = None
    device: str = "cpu"
    workers: int = bounded(os.cpu_count() or 1, 1, PROCESSES[1])


def settings() -> type:
    return ReconstructionConfig


def run(options: Options, overrides: Mapping[str, str]) -> None:
    config = read_config(ReconstructionConfig, options.config, overrides)
    from recon.reconstruction.batch import reconstruct_photos
    from recon.reconstruction.networks import network_of
    from recon.reconstruction.results import chosen_formats

    outcome = reconstruct_photos(
        options.photos,
        options.out,
        network_of(options.network, options.device, options.method),
        replace(config, detail=None) if options.no_detail else config,
        model=options.model,
        box=options.box,
        crop=options.crop,
        formats=chosen_formats(options.formats),
        workers=options.workers,
    )
    print(outcome)
