"""Pictures of results: cumulative error curves, and heat maps of errors over faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recon.evaluate.metrics.cumulative import shares_within

HOTTEST_PERCENT = 15.0  # of the depth range; what is more is drawn as this
GROUND = (255, 255, 255)


def ced_picture(errors: Mapping[str, np.ndarray], unit: str, most: float) -> np.ndarray:
    """(H, W, 3) uint8: for each name the share of its errors (n,) that are at most x, x from 0 to `most`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.0), dpi=150, layout="constrained")
    canvas, axes = FigureCanvasAgg(figure), figure.add_subplot()
    limits = np.linspace(0, most, 200)
    for name, values in errors.items():
        label = f"{name}, mean {np.nanmean(values):.2f}, n {len(values)}"
        axes.plot(limits, 100 * shares_within(values, limits), label=label)
    axes.set(xlim=(0, most), ylim=(0, 100), xlabel=f"error ({unit})", ylabel="images with at most this error (%)")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def heat_sheet(photos: Sequence[np.ndarray], errors: Sequence[np.ndarray]) -> np.ndarray:
    """(2 S, n S, 3) uint8: photos (S, S, 3) above their errors (S, S), per cent, NaN where none; from blue, no error,
    to red, HOTTEST_PERCENT and more."""
    from matplotlib import colormaps

    maps = []
    for error in errors:
        colour = colormaps["turbo"](np.nan_to_num(error) / HOTTEST_PERCENT)[..., :3] * 255
        maps.append(np.where(np.isfinite(error)[..., None], colour, GROUND).round().astype(np.uint8))
    return np.concatenate([np.concatenate(list(photos), 1), np.concatenate(maps, 1)], 0)
