"""`synth2real generate`: a dataset of realistic faces with geometry labels, each with its measured drift."""

from __future__ import annotations

import argparse
import sys
from itertools import islice
from pathlib import Path

from recon.configuration import add_config_arguments, read_config
from recon.errors import UserError
from recon.methods.base import Reconstructor
from recon.synthesis.produce import produce, read_manifest
from recon.synthesis.scene import SceneConfig
from recon.synthesis.shards import read_rows
from synth2real import bundled
from synth2real.commands.render import SHOWN, add_dataset_arguments, check_dataset_arguments
from synth2real.dataset.card import drift_statistics, write_card
from synth2real.dataset.gallery import write_gallery
from synth2real.dataset.jobs import GenerateJob, generate_features, load_generator, write_template
from synth2real.dataset.sheets import contact_sheet
from synth2real.dataset.translate import check_size

BUNDLED_PX = 128  # what the bundled generator was trained at


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_dataset_arguments(parser, size=128)
    parser.add_argument(
        "--max-drift", type=float, metavar="MM", help="leave out images that drift further, draw others"
    )
    parser.add_argument("--weights", type=Path, metavar="FILE", help="generator (default: the bundled one)")
    parser.add_argument("--network", type=Path, metavar="FILE", help="measures the drift (default: the bundled one)")
    add_config_arguments(parser)


def run(args: argparse.Namespace) -> None:
    check_dataset_arguments(args)
    if args.max_drift is not None and not args.max_drift > 0:
        raise UserError(f"--max-drift {args.max_drift:g} keeps no image: give millimetres above 0")
    weights, network = args.weights or bundled.generator_weights(), args.network or bundled.network_weights()
    check_size(args.size, load_generator(weights))  # what is wrong with the weights is said before work begins
    Reconstructor.from_pretrained(network)

    if args.weights is None and args.size != BUNDLED_PX:
        print(
            f"the bundled generator learnt at {BUNDLED_PX} px: at {args.size} px expect worse images", file=sys.stderr
        )
    scene = read_config(SceneConfig, args.config or bundled.scene_config(), args.overrides)
    job = GenerateJob(args.seed, args.size, scene, weights, network, args.max_drift)
    produced = produce(job, generate_features(), args.count, args.out, args.workers)

    drift = drift_statistics(produced.shards)
    rows = list(islice(read_rows(produced.shards), SHOWN))
    contact_sheet(rows, ("image", "render", "correspondence"), args.out / "sheet.jpg")
    median, worst = drift["drift_mm"]["median"], drift["drift_mm"]["worst_5_percent"]
    said = f"drift {median:.2f} mm (median), {worst:.2f} mm (95th percentile)"
    if args.max_drift is not None:
        said += f", {produced.count} of {produced.candidates} kept at --max-drift {args.max_drift:g}"
    facts = f"{produced.count} faces, {args.size} px, seed {args.seed}; {said}; the first {len(rows)} are shown"
    write_gallery(args.out, rows, "Realistic faces with geometry labels", facts)
    write_template(args.out)
    write_card(args.out, produced, read_manifest(args.out), drift, own_photos=args.weights is not None)
    print(f"{produced.count} faces in {args.out}; {said}: index.html shows them, README.md says what they hold")
