#!/usr/bin/env python3
"""How well `synth2real match` measures: renders of known truth, seen by the bundled network; a table and a picture."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import matplotlib
import numpy as np

from recon.faces import load
from recon.synthesis.scene import SceneConfig
from synth2real import bundled
from synth2real.dataset.jobs import load_network
from synth2real.match.matching import draw_and_measure
from synth2real.match.statistics import QUANTITIES

matplotlib.use("Agg")
from matplotlib import pyplot

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--network", type=Path, default=bundled.network_weights(), help="default: the bundled one")
parser.add_argument("--count", type=int, default=64)
parser.add_argument("--size", type=int, default=128)
parser.add_argument("--out", type=Path, default=Path("match_accuracy.png"), help="picture of measured against drawn")
args = parser.parse_args()

config = SceneConfig(yaw_max_deg=30, framing_jitter=0.1, place_jitter=0.02, smile=0.5)
drawn = draw_and_measure(load_network(args.network), load("default"), config, args.count, args.size, seed=870_001)
figure, panels = pyplot.subplots(3, 4, figsize=(15, 11))
print("| quantity | correlation | median error | slope | measured |\n| --- | --- | --- | --- | --- |")
for panel, (name, truth) in zip(panels.flat, drawn.truth.items(), strict=False):
    measured = drawn.measured[name]
    seen = np.isfinite(measured)
    correlation = np.corrcoef(measured[seen], truth[seen])[0, 1]
    error, slope = np.median(np.abs(measured - truth)[seen]), np.polyfit(truth[seen], measured[seen], 1)[0]
    print(f"| {QUANTITIES[name]} | {correlation:.3f} | {error:.3g} | {slope:.2f} | {seen.sum()} |")
    panel.scatter(truth, measured, s=12)
    panel.plot(*2 * [[truth.min(), truth.max()]], "k-", linewidth=0.7)
    panel.set(title=f"{QUANTITIES[name]}: r {correlation:.2f}", xlabel="drawn", ylabel="measured")
for panel in panels.flat[len(drawn.truth) :]:
    panel.axis("off")
figure.tight_layout()
figure.savefig(args.out, dpi=80)
