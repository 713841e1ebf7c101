"""`recon evaluate`: score weights under the frozen protocols, print the tables, keep them with each image's values."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from recon.configuration import read_config
from recon.errors import UserError
from recon.evaluate.protocols.photos import evaluate_photos, load_photos
from recon.evaluate.protocols.renders import drawn_records, evaluate_records
from recon.evaluate.protocols.scan import evaluate_scan, load_scan
from recon.evaluate.report import Report
from recon.faces import load
from recon.methods.base import Reconstructor
from recon.methods.mirrored import Mirrored
from recon.synthesis.scene import SceneConfig

HELD_OUT_SEED = 990_001  # no training draws from it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE", help="safetensors of a reconstructor")
    parser.add_argument("--mirrored", action="store_true", help="look twice, as `recon reconstruct` does")
    parser.add_argument("--count", type=int, default=500, metavar="N", help="held-out renders; 0 leaves them out")
    parser.add_argument(
        "--size", type=int, default=128, metavar="PIXELS", help="side of every image, seen in training or not"
    )
    parser.add_argument("--seed", type=int, default=HELD_OUT_SEED, help="of the renders; keep it away from training's")
    parser.add_argument("--scene", type=Path, metavar="FILE", help="YAML file of what is drawn (default: as it comes)")
    parser.add_argument(
        "--ict", type=Path, metavar="PATH", help="ICT-FaceKit's FaceXModel folder: as many renders of it"
    )
    parser.add_argument("--scan", type=Path, metavar="DIR", help="a textured scan (.obj) with 68 landmarks (.ljson)")
    parser.add_argument("--photos", type=Path, metavar="DIR", help="photos (.jpg) with webmorph points (.pts)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the tables (.md) and values (.json) are written")


def run(args: argparse.Namespace) -> None:
    if args.size < 32:
        raise UserError(f"--size {args.size} is too small: give at least 32")
    network = Reconstructor.from_pretrained(args.weights)
    network = Mirrored(network) if args.mirrored else network
    network.to("cuda" if torch.cuda.is_available() else "cpu")
    default = load("default")
    # What the user can get wrong is read before the long work starts.
    scene = read_config(SceneConfig, args.scene)
    ict = load(f"ict:{args.ict}") if args.ict else None
    scan = load_scan(args.scan) if args.scan else None
    photos = load_photos(args.photos, args.size) if args.photos else None

    def finish(name: str, report: Report) -> None:
        print(report.markdown(), flush=True)
        if args.out:
            report.save(args.out, name)

    for model in filter(None, (default, ict)) if args.count else ():
        records = drawn_records(model, args.count, args.size, args.seed, scene)
        title = f"Held-out renders of the {model.name} model, {args.size} px"
        finish(
            f"renders_{model.name}_{args.size}",
            evaluate_records(network, records, default.canonical_box_mm.numpy(), title),
        )
    if scan:
        finish(f"scan_{args.size}", evaluate_scan(network, scan, default, args.size))
    if photos:
        finish(f"photos_{args.size}", evaluate_photos(network, photos, default))
