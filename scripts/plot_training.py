#!/usr/bin/env python3
"""The curves of trainings: RUN/curves.png, a picture of each number that RUN logged, over its steps."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from recon.files import whole_file

COLUMNS = 4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folder of a training")
    for run in parser.parse_args().runs:
        curves = logged(run)
        if not curves:
            print(f"{run} holds no logs of a training: give the --out of one", file=sys.stderr)
            return 2
        with whole_file(run / "curves.png") as file:
            plot(curves).savefig(file, format="png", dpi=80, bbox_inches="tight")
        print(f"{len(curves)} curves in {run / 'curves.png'}")
    return 0


def logged(run: Path) -> dict[str, tuple[list[int], list[float]]]:
    """Name -> steps and values of each number that was logged."""
    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0})  # 0: all of them
    events.Reload()
    points = {name: events.Scalars(name) for name in sorted(events.Tags()["scalars"])}
    return {name: ([one.step for one in some], [one.value for one in some]) for name, some in points.items()}


def plot(curves: dict[str, tuple[list[int], list[float]]]) -> Figure:
    rows = -(-len(curves) // COLUMNS)
    picture = Figure(figsize=(4 * COLUMNS, 2.5 * rows), layout="constrained")
    panels = picture.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes, (name, (steps, values)) in zip(panels, curves.items(), strict=False):
        axes.plot(steps, values, ".-")
        axes.set_title(name, fontsize="medium")
        axes.grid(alpha=0.3)
    for axes in panels[len(curves) :]:
        axes.remove()
    return picture


if __name__ == "__main__":
    sys.exit(main())
