"""`synth2real render`: a dataset of renders with exact labels."""

from __future__ import annotations

import argparse
import os
from itertools import islice
from pathlib import Path

from recon.configuration import add_config_arguments, read_config
from recon.errors import UserError
from recon.synthesis.produce import produce, read_manifest
from recon.synthesis.scene import SceneConfig
from recon.synthesis.shards import read_rows
from synth2real.dataset.card import write_card
from synth2real.dataset.gallery import write_gallery
from synth2real.dataset.jobs import RenderJob, render_features, write_template
from synth2real.dataset.sheets import contact_sheet

SMALLEST_PX, LARGEST_PX = 32, 1024
SHOWN = 64  # the first rows, in order: never chosen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_dataset_arguments(parser, size=256)
    add_config_arguments(parser)


def run(args: argparse.Namespace) -> None:
    check_dataset_arguments(args)
    job = RenderJob(args.seed, args.size, read_config(SceneConfig, args.config, args.overrides))
    produced = produce(job, render_features(), args.count, args.out, args.workers)
    rows = list(islice(read_rows(produced.shards), SHOWN))
    contact_sheet(rows, ("render", "correspondence", "normals"), args.out / "sheet.jpg")
    facts = f"{produced.count} records, {args.size} px, seed {args.seed}; the first {len(rows)} are shown"
    write_gallery(args.out, rows, "Renders with exact labels", facts)
    write_template(args.out)
    write_card(args.out, produced, read_manifest(args.out))
    print(
        f"{produced.count} records in {args.out}: index.html shows the first {len(rows)}, README.md says what they hold"
    )


def add_dataset_arguments(parser: argparse.ArgumentParser, size: int) -> None:
    """The options that every command shares that writes a dataset."""
    parser.add_argument("--count", type=int, required=True, metavar="N", help="records that the folder shall hold")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder, new or begun by this command")
    parser.add_argument("--size", type=int, default=size, metavar="PX", help=f"side of the images (default {size})")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="K", help="record i is a function of (seed, i) (default 0)"
    )
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--workers", type=int, default=cores, metavar="W", help=f"processes (default {cores}, the cores)"
    )


def check_dataset_arguments(args: argparse.Namespace) -> None:
    """Refuse numbers that make no sense, before anything is loaded."""
    if args.count < 1:
        raise UserError(f"--count {args.count} asks for nothing: give 1 or more")
    if args.workers < 1:
        raise UserError(f"--workers {args.workers} leaves nobody to do the work: give 1 or more")
    if not SMALLEST_PX <= args.size <= LARGEST_PX:
        raise UserError(f"--size {args.size} is out of range: give {SMALLEST_PX} to {LARGEST_PX} px")
    if args.seed < 0:
        raise UserError(f"--seed {args.seed} is negative: give 0 or more")
