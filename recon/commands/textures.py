"""`recon textures`: the skin of photographed faces in one file, to train networks with."""

from __future__ import annotations

import argparse
from pathlib import Path

from recon.reconstruction.networks import network_of
from recon.reconstruction.photo_textures import write_textures


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--photos", type=Path, required=True, metavar="DIR", help="photos of one face each")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.npy")
    parser.add_argument("--network", type=Path, metavar="FILE", help="weights (default: the bundled ones)")


def run(args: argparse.Namespace) -> None:
    made, photos = write_textures(args.photos, args.out, network_of(args.network))
    print(f"{made} textures of {photos} photos are in {args.out}")
