"""`synth2real evaluate`: realism and geometry of generators on held-out renders, as results and a sheet."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recon.configuration import read_config
from recon.errors import UserError
from recon.evaluate.held_out import SEED, drawn_records
from recon.evaluate.networks import digests
from recon.faces import load
from recon.files import whole_file
from recon.methods.base import Reconstructor
from recon.photos.folder import load_photos
from recon.ranges import PIXELS, SEEDS, refuse_beyond
from recon.synthesis.record import Record
from recon.synthesis.scene import SceneConfig
from synth2real import bundled
from synth2real.dataset.jobs import load_generator
from synth2real.dataset.sheets import correspondence_colours
from synth2real.dataset.translate import check_size
from synth2real.evaluate.assessment import geometry, realism, translated_records

SHOWN = 8
FEWEST_PHOTOS = 16  # two halves of eight, for the photos against themselves


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--photos", type=Path, required=True, metavar="DIR", help="ready crops, framed like the renders"
    )
    parser.add_argument(
        "--judge",
        type=Path,
        metavar="FILE",
        help="a network that no generator was held to (default: none, and nothing is said of geometry)",
    )
    parser.add_argument(
        "--weights", type=Path, nargs="+", metavar="FILE", help="generators to compare (default: the bundled one)"
    )
    parser.add_argument("--scene", type=Path, metavar="FILE", help="YAML file of what is drawn (default: bundled)")
    parser.add_argument("--count", type=int, default=500, metavar="N", help="held-out renders (default: 500)")
    parser.add_argument("--size", type=int, default=128, metavar="PIXELS", help="side of the images")
    parser.add_argument("--seed", type=int, default=SEED, help="of the renders; keep it away from training's")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where the results and the sheet are written"
    )


def run(args: argparse.Namespace) -> None:
    if args.count < 16:
        raise UserError(f"--count {args.count} is too few to train a classifier on: give at least 16")
    refuse_beyond("size", args.size, *PIXELS)
    refuse_beyond("seed", args.seed, *SEEDS)
    files = args.weights or [bundled.generator_weights()]
    named = [*files, args.judge] if args.judge else files
    if len({file.name for file in named}) < len(named):
        raise UserError("two of the files of weights have the same name: rename one, results tell them apart by it")
    generators = {file.stem: load_generator(file) for file in files}
    for generator in generators.values():
        check_size(args.size, generator)
    judge = Reconstructor.from_pretrained(args.judge) if args.judge else None
    photos = load_photos(args.photos, args.size, "none").images
    if len(photos) < FEWEST_PHOTOS:
        raise UserError(f"only {len(photos)} photos in {args.photos}: give at least {FEWEST_PHOTOS}")

    model = load("default")
    scene = read_config(SceneConfig, args.scene or bundled.scene_config())
    records = list(drawn_records(model, args.count, args.size, args.seed, scene))
    translations = {name: translated_records(records, one) for name, one in generators.items()}
    with whole_file(args.out / "sheet.png") as file:
        write_sheet(file, records[:SHOWN], [moved[:SHOWN] for moved in translations.values()])
    settings = {name: getattr(args, name) for name in ("photos", "judge", "weights", "scene", "count", "size", "seed")}
    weights = digests(*files)
    results = {"generator_realism": realism(records, translations, photos, settings, weights)}
    if judge is not None:
        box_mm, weights = model.canonical_box_mm.numpy(), weights | digests(args.judge)
        results["generator_geometry"] = geometry(judge, records, translations, box_mm, settings, weights)
    for name, result in results.items():
        print(result.markdown(), flush=True)
        result.write(args.out, name, command_of(settings))


def command_of(settings: Mapping[str, Any]) -> list[str]:
    """The words of the command line that gives these settings."""
    words = ["synth2real", "evaluate"]
    for name, value in settings.items():
        given = [] if value is None else value if isinstance(value, list) else [value]
        words += [f"--{name}", *map(str, given)] if given else []
    return words


def write_sheet(file: Path, records: list[Record], translations: list[list[Record]]) -> None:
    """Rows: renders, their correspondence, then each generator's images of the same renders."""
    rows = [[record.rgb for record in records], [correspondence_colours(record) for record in records]]
    rows += [[record.rgb for record in moved] for moved in translations]
    Image.fromarray(np.concatenate([np.concatenate(row, axis=1) for row in rows])).save(file, format="PNG")
