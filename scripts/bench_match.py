#!/usr/bin/env python3
"""How well `synth2real match` measures: renders of known truth, seen by a network. python scripts/bench_match.py"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import matplotlib
import numpy as np

from recon.evaluate.networks import digests
from recon.evaluate.results import Figure, Measure, Result
from recon.faces import load
from recon.methods.base import Reconstructor
from recon.synthesis.scene import SceneConfig
from synth2real import bundled
from synth2real.match.matching import Drawn, draw_and_measure
from synth2real.match.statistics import QUANTITIES

matplotlib.use("Agg")
from matplotlib import pyplot

SEED = 870_001
MEASURES = {
    "correlation": Measure("correlation"),
    "error": Measure("median error", "in the quantity's unit"),
    "slope": Measure("slope"),
}


def figures_of(name: str, truth: np.ndarray, measured: np.ndarray) -> list[Figure]:
    """How one quantity was measured, over the images in which it can be told."""
    seen = np.isfinite(measured)
    values = {
        "correlation": np.corrcoef(measured[seen], truth[seen])[0, 1],
        "error": np.median(np.abs(measured - truth)[seen]),
        "slope": np.polyfit(truth[seen], measured[seen], 1)[0],
    }
    return [
        Figure(key, *measure, float(values[key]), int(seen.sum()), group=QUANTITIES[name])
        for key, measure in MEASURES.items()
    ]


def plot(drawn: Drawn, file: Path) -> None:
    figure, panels = pyplot.subplots(3, 4, figsize=(15, 11), layout="constrained")
    for panel, (name, truth) in zip(panels.flat, drawn.truth.items(), strict=False):
        panel.scatter(truth, drawn.measured[name], s=12)
        panel.plot(*2 * [[truth.min(), truth.max()]], "k-", linewidth=0.7)
        panel.set(title=QUANTITIES[name], xlabel="drawn", ylabel="measured")
    for panel in panels.flat[len(drawn.truth) :]:
        panel.axis("off")
    figure.savefig(file, dpi=80)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", type=Path, default=bundled.network_weights(), help="default: the bundled one")
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--plot", type=Path, metavar="FILE", help="picture of measured against drawn")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where bench_match.json is written")
    args = parser.parse_args()

    config = SceneConfig(yaw_max_deg=30, framing_jitter=0.1, place_jitter=0.02, smile=0.5)
    network = Reconstructor.from_pretrained(args.network)
    drawn = draw_and_measure(network, load("default"), config, args.count, args.size, seed=SEED)
    result = Result(
        title="What `synth2real match` measures on renders of known truth",
        protocol="bench_match",
        settings={"count": args.count, "size": args.size, "seed": SEED},
        figures=tuple(f for name, truth in drawn.truth.items() for f in figures_of(name, truth, drawn.measured[name])),
        weights=digests(args.network),
    )
    print(result.markdown())
    if args.plot:
        plot(drawn, args.plot)
    if args.out:
        result.write(args.out, "bench_match", ["python", "scripts/bench_match.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
