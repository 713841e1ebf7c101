"""`synth2real match`: a scene config whose draws follow a photo folder's framing, poses, faces, skin and light."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from recon.configuration import read_config, write_config
from recon.errors import UserError
from recon.faces import load
from recon.methods.base import Reconstructor
from recon.photos.folder import load_photos
from recon.synthesis.scene import SceneConfig
from recon.train.loop import device
from synth2real import bundled
from synth2real.match.histograms import write_histograms
from synth2real.match.matching import FEWEST, Drawn, centre, draw_and_measure, match, spread, untold, whole_faces
from synth2real.match.statistics import QUANTITIES, Statistics, measure

SIZE = 128
SEED = 880_001  # no training or evaluation draws from it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--photos", type=Path, required=True, metavar="DIR", help="photos of faces, at any depth")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the config (.yaml), for --scene")
    parser.add_argument(
        "--points", type=Path, metavar="CSV", help="five points of each face (default: DIR's faces.csv)"
    )
    parser.add_argument(
        "--framing", choices=("auto", "points", "detect", "none"), default="auto", help="none: photos are ready crops"
    )
    parser.add_argument("--drop", type=Path, metavar="FILE", help="names of photos to leave out, one a line")
    parser.add_argument("--network", type=Path, metavar="FILE", help="what measures (default: the bundled one)")
    parser.add_argument(
        "--scene", type=Path, metavar="FILE", help="config to begin from, and to keep in all else (default: bundled)"
    )
    parser.add_argument("--count", type=int, default=96, metavar="N", help="renders a round (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of drawing and moving (default: 3)")


def run(args: argparse.Namespace) -> None:
    if args.count < 2 * FEWEST:
        raise UserError(f"--count {args.count} is too few to measure: give at least {2 * FEWEST}")
    if args.rounds < 1:
        raise UserError(f"--rounds {args.rounds} changes nothing: give 1 or more")
    if args.out.suffix not in (".yaml", ".yml"):
        raise UserError(f"--out {args.out} is no .yaml: name the config to write")
    start = read_config(SceneConfig, args.scene or bundled.scene_config())
    network = Reconstructor.from_pretrained(args.network or bundled.network_weights()).to(device())
    photos = load_photos(args.photos, SIZE, args.framing, args.points, args.drop)
    model = load("default")
    target = measure(network, photos.images, model)
    found = whole_faces(target)
    print(f"{found} faces in {len(photos.names)} photos, {len(photos.skipped)} skipped", file=sys.stderr)
    if found < FEWEST:
        raise UserError(f"the network sees {found} whole faces in {args.photos}: give at least {FEWEST}")

    def draw(config: SceneConfig, seed: int = SEED) -> Drawn:
        drawn = draw_and_measure(network, model, config, args.count, SIZE, seed)
        print(f"measured {args.count} renders", file=sys.stderr)
        return drawn

    config, first = match(target, start, draw, args.rounds)
    after = draw(config, SEED + 1).measured  # others than those that the config was fitted to
    picture = args.out.with_suffix(".png")
    write_histograms({"photos": target, "renders before": first.measured, "renders after": after}, picture)
    write_config(config, args.out)
    print(table(target, first.measured, after))
    for name in untold(first):
        print(f"{QUANTITIES[name]}: this network hardly tells it on renders, so the config keeps what it had")
    print(f"the config is in {args.out}, histograms in {picture}")


def table(photos: Statistics, before: Statistics, after: Statistics) -> str:
    """Median and spread of each quantity, for a terminal."""
    sets = (photos, before, after)
    lines = [f"{'':34}{'photos':>18}{'renders before':>18}{'renders after':>18}"]
    for name, title in QUANTITIES.items():
        cells = (f"{centre(values[name]):9.3g} ± {spread(values[name]):.2g}" for values in sets)
        lines.append(f"{title:34}" + "".join(f"{cell:>18}" for cell in cells))
    return "\n".join(lines)
