"""Histograms of statistics side by side, as one picture: a panel a quantity, a colour a set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from recon.files import whole_file
from synth2real.match.statistics import QUANTITIES, Statistics

COLUMNS, WIDTH, HEIGHT, MARGIN = 3, 420, 210, 26  # of panels, px
BINS = 24
COLOURS = ((40, 40, 40), (214, 120, 30), (30, 110, 200))
TAILS = 0.02  # of each set, that may lie beyond each end of a panel; they are counted in its last bars


def write_histograms(sets: Mapping[str, Statistics], path: Path) -> None:
    """One PNG: for each quantity the share of images in each bin, of up to three named sets; medians as ticks."""
    rows = -(-len(QUANTITIES) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * WIDTH, rows * HEIGHT + MARGIN), "white")
    draw = ImageDraw.Draw(sheet)
    x = MARGIN
    for (name, statistics), colour in zip(sets.items(), COLOURS, strict=False):
        words = f"{name} ({np.isfinite(statistics['yaw_deg']).sum()})"
        draw.rectangle((x, 8, x + 12, 20), fill=colour)
        draw.text((x + 18, 6), words, "black", FONT)
        x += 48 + int(draw.textlength(words, FONT))
    for place, (name, title) in enumerate(QUANTITIES.items()):
        corner = (place % COLUMNS * WIDTH, place // COLUMNS * HEIGHT + MARGIN)
        _panel(draw, corner, title, [statistics[name] for statistics in sets.values()])
    with whole_file(path) as temporary:
        sheet.save(temporary, format="PNG")


FONT = ImageFont.load_default(13)


def _panel(draw: ImageDraw.ImageDraw, corner: tuple[int, int], title: str, sets: list[np.ndarray]) -> None:
    sets = [values[np.isfinite(values)] for values in sets]
    ends = np.array([np.quantile(values, (TAILS, 1 - TAILS)) for values in sets])
    low, high = ends[:, 0].min(), ends[:, 1].max()
    edges = np.linspace(low, max(high, low + 1e-6), BINS + 1)
    shares = [np.histogram(values.clip(low, high), edges)[0] / max(len(values), 1) for values in sets]
    left, top = corner[0] + MARGIN, corner[1] + MARGIN
    across, down = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN - 10
    tallest = max(float(share.max()) for share in shares)

    def at(k: float, share: float) -> tuple[float, float]:
        return left + across * k / BINS, top + down * (1 - share / tallest)

    draw.text((left, corner[1] + 6), title, "black", FONT)
    for place, (share, values, colour) in enumerate(zip(shares, sets, COLOURS, strict=False)):
        if place == 0:  # the set to be met is filled, the others are lines over it
            for k in range(BINS):
                draw.rectangle((*at(k, share[k]), at(k + 1, 0)[0], top + down), fill=(205, 205, 205))
        line = [point for k in range(BINS) for point in (at(k, share[k]), at(k + 1, share[k]))]
        draw.line([at(0, 0), *line, at(BINS, 0)], fill=colour, width=1 if place == 0 else 2)
        middle = at(BINS * float((np.median(values).clip(low, high) - low) / (edges[-1] - low)), 0)[0]
        draw.line((middle, top + down, middle, top + down + 7), fill=colour, width=3)
    draw.text((left, top + down + 8), f"{low:.3g}", "black", FONT)
    draw.text((left + across, top + down + 8), f"{edges[-1]:.3g}", "black", FONT, anchor="ra")
