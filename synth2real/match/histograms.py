"""Histograms of statistics side by side, as one picture: a panel a quantity, a colour a set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recon.files import whole_file
from synth2real.match.statistics import QUANTITIES, Statistics

COLUMNS, PANEL_INCHES, DPI = 3, (4.2, 2.3), 100
BINS = 24
COLOURS = ("dimgrey", "tab:orange", "tab:blue")
TAILS = 0.02  # of each set, that may lie beyond each end of a panel; they are counted in its last bars


def write_histograms(sets: Mapping[str, Statistics], path: Path) -> None:
    """One PNG: for each quantity the share of images in each bin, of up to three named sets; medians as ticks.

    The first set, the one to be met, is filled; the others are lines over it.
    """
    rows = -(-len(QUANTITIES) // COLUMNS)
    sheet = Figure((COLUMNS * PANEL_INCHES[0], rows * PANEL_INCHES[1] + 0.4), DPI, layout="constrained")
    panels = sheet.subplots(rows, COLUMNS, squeeze=False).flat
    for panel, (name, title) in zip(panels, QUANTITIES.items(), strict=False):
        _draw(panel, title, [statistics[name] for statistics in sets.values()])
    for panel in list(panels)[len(QUANTITIES) :]:
        panel.axis("off")
    counts = [f"{name} ({np.isfinite(statistics['yaw_deg']).sum()})" for name, statistics in sets.items()]
    sheet.legend(sheet.axes[0].patches[: len(counts)], counts, loc="outside upper left", ncols=len(counts))
    with whole_file(path) as temporary:
        sheet.savefig(temporary, format="png")


def _draw(panel: Axes, title: str, sets: list[np.ndarray]) -> None:
    sets = [values[np.isfinite(values)] for values in sets]
    ends = np.array([np.quantile(values, (TAILS, 1 - TAILS)) for values in sets])
    low, high = ends[:, 0].min(), ends[:, 1].max()
    edges = np.linspace(low, max(high, low + 1e-6), BINS + 1)
    for place, (values, colour) in enumerate(zip(sets, COLOURS, strict=False)):
        shown = values.clip(low, high)
        weights = np.full(len(shown), 1 / max(len(shown), 1))
        kind = {"histtype": "stepfilled", "alpha": 0.4} if place == 0 else {"histtype": "step", "linewidth": 1.5}
        panel.hist(shown, list(edges), weights=weights, color=colour, **kind)
        panel.axvline(float(np.median(shown)), ymax=0.06, color=colour, linewidth=3)
    panel.set_title(title, fontsize=9, loc="left")
    panel.tick_params(labelsize=7)
