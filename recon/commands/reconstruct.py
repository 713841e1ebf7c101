"""`recon reconstruct`: photos to detailed meshes, a folder a face."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

from recon.configuration import add_config_arguments, read_config
from recon.reconstruction.batch import reconstruct_photos
from recon.reconstruction.networks import network_of
from recon.reconstruction.pipeline import ReconstructionConfig
from recon.reconstruction.results import FORMATS, chosen_formats


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_arguments(parser)
    parser.add_argument("photos", type=Path, nargs="+", metavar="PHOTO_OR_FOLDER")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder a photo, in it one a face")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--box", type=float, nargs=4, metavar=("X", "Y", "W", "H"), help="the face, in the photo's pixels"
    )
    where.add_argument("--crop", action="store_true", help="each photo is a ready crop of one face")
    parser.add_argument("--no-detail", action="store_true", help="leave out the relief that the photo's shading shows")
    parser.add_argument(
        "--formats", type=chosen_formats, default="obj", metavar="LIST", help=f"of {','.join(FORMATS)} (default: obj)"
    )
    parser.add_argument("--network", type=Path, metavar="FILE", help="weights (default: the bundled ones)")
    parser.add_argument("--device", default="cpu", help="for the network: cpu or cuda (default: cpu)")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes for the meshes"
    )


def run(args: argparse.Namespace) -> None:
    config = read_config(ReconstructionConfig, args.config, args.overrides)
    outcome = reconstruct_photos(
        args.photos,
        args.out,
        network_of(args.network, args.device),
        replace(config, detail=None) if args.no_detail else config,
        box=args.box and tuple(args.box),
        crop=args.crop,
        formats=args.formats,
        workers=args.workers,
    )
    print(outcome)
