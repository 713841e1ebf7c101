"""`synth2real render`: a dataset of renders with exact labels."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from recon.configuration import add_config_arguments, read_config
from recon.render.second import Renderer
from recon.synthesis.scene import SceneConfig
from synth2real.dataset.make import CORES, RENDER_PX, make_renders


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_dataset_arguments(parser, size=RENDER_PX)
    add_config_arguments(parser)
    parser.add_argument(
        "--renderer", choices=get_args(Renderer), default="own", help="what draws the colours (pyrender: extra preview)"
    )


def run(args: argparse.Namespace) -> None:
    scene = read_config(SceneConfig, args.config, args.overrides)
    shared = {"size": args.size, "seed": args.seed, "workers": args.workers}
    print(make_renders(args.out, args.count, scene=scene, **shared, renderer=args.renderer))


def add_dataset_arguments(parser: argparse.ArgumentParser, size: int) -> None:
    """The options that every command shares that writes a dataset."""
    parser.add_argument("--count", type=int, required=True, metavar="N", help="records that the folder shall hold")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder, new or begun by this command")
    parser.add_argument("--size", type=int, default=size, metavar="PX", help=f"side of the images (default {size})")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="K", help="record i is a function of (seed, i) (default 0)"
    )
    parser.add_argument(
        "--workers", type=int, default=CORES, metavar="W", help=f"processes (default {CORES}, the cores)"
    )
