#!/usr/bin/env python3
"""Maps to meshes, on renders: a template registered to true maps, and to the same with noise and outliers.

Renders have expressions and yaw to 40 degrees; what is registered is compared with the mesh that was rendered. A table
for each model and kind of map. Run: python scripts/evaluate_registration --ict FOLDER
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from rich.progress import track

from recon.evaluate.protocols.registration import MEASURES, score_registration, spoiled_maps
from recon.evaluate.held_out import drawn_records
from recon.evaluate.report import markdown_table
from recon.faces.default import load_default
from recon.faces.ict import load_ict
from recon.registration.map_mesh import map_to_mesh
from recon.registration.register import register
from recon.synthesis.scene import SceneConfig

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--count", type=int, default=25, help="renders of each model")
parser.add_argument("--seed", type=int, default=404, help="of the renders")
parser.add_argument("--size", type=int, default=256, metavar="PX")
parser.add_argument(
    "--ict", type=Path, metavar="FOLDER", help="ICT-FaceKit's FaceXModel folder, to evaluate it as well"
)
parser.add_argument("--variation", type=float, default=0.0, help="share of heads beyond the model's identities")
parser.add_argument("--maps", nargs="+", choices=("perfect", "spoiled"), default=["perfect", "spoiled"])
parser.add_argument("--out", type=Path, metavar="FILE.json", help="where the figures of each render go")
args = parser.parse_args()

everything = []
models = [load_default()] + ([load_ict(args.ict)] if args.ict else [])
for model in models:
    rows: dict[str, list[dict[str, float]]] = {kind: [] for kind in args.maps}
    records = drawn_records(model, args.count, args.size, args.seed, SceneConfig(variation=args.variation))
    for record in track(records, f"{model.name}: {len(model.mean)} vertices", args.count):
        for kind in args.maps:
            perfect = record.position_mm, record.correspondence
            position, correspondence = perfect if kind == "perfect" else spoiled_maps(record, model)
            began, busy = time.perf_counter(), time.process_time()
            result = register(map_to_mesh(position, correspondence, record.mask), model)
            times = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - busy}
            rows[kind].append(score_registration(result.vertices, record, model) | times)
            everything.append({"model": model.name, "maps": kind, "index": record.index, **rows[kind][-1]})
            if args.out:
                args.out.write_text(json.dumps(everything, indent=1))
    names = MEASURES | {"seconds": "seconds", "cpu_seconds": "seconds of processor"}
    for kind, scores in rows.items():
        figures = {name: np.array([score[name] for score in scores]) for name in names}
        lines = [
            [names[name], f"{x.mean():.3f}", f"{np.median(x):.3f}", f"{x.max():.3f}"] for name, x in figures.items()
        ]
        print(f"\n{model.name}, {kind} maps at {args.size} px, n = {len(scores)}")
        print(markdown_table(["measure", "mean", "median", "worst"], lines))
        shown = f"{(figures['flipped_shown'] == 0).mean():.0%} of those that a pixel shows"
        print(f"free of flips: {(figures['flipped'] == 0).mean():.0%}; {shown}")
