"""`synth2real generate`: a dataset of realistic faces with geometry labels, each with its measured drift."""

from __future__ import annotations

import argparse
from pathlib import Path

from recon.configuration import add_config_arguments, read_config
from recon.synthesis.scene import SceneConfig
from synth2real import bundled
from synth2real.commands.render import add_dataset_arguments
from synth2real.dataset.make import BUNDLED_PX, make_dataset


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_dataset_arguments(parser, size=BUNDLED_PX)
    parser.add_argument(
        "--max-drift", type=float, metavar="MM", help="leave out images that drift further, draw others"
    )
    parser.add_argument("--weights", type=Path, metavar="FILE", help="generator (default: the bundled one)")
    parser.add_argument("--network", type=Path, metavar="FILE", help="measures the drift (default: the bundled one)")
    add_config_arguments(parser)


def run(args: argparse.Namespace) -> None:
    made = make_dataset(
        args.out,
        args.count,
        scene=read_config(SceneConfig, args.config or bundled.scene_config(), args.overrides),
        size=args.size,
        seed=args.seed,
        weights=args.weights,
        network=args.network,
        max_drift_mm=args.max_drift,
        workers=args.workers,
    )
    print(made)
