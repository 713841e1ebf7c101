"""What is in a dataset, as one picture: pose, expression, skin, age, light and drift of all rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recon.files import whole_file
from recon.synthesis.shards import Rows

PLAIN = ("yaw_deg", "pitch_deg", "smile", "open_mouth", "melanin", "age")
INK, SECOND = "#2f5d8a", "#c8553d"


def write_plots(shards: list[Path], path: Path) -> None:
    """Histograms over all rows, as a PNG."""
    rows = Rows(shards)
    names = [name for name in (*PLAIN, "drift_mm") if name in rows.columns]
    columns: dict[str, list[float | None]] = {name: [] for name in (*names, "azimuth")}
    for row in rows.rows([*names, "scene"]):
        for name in names:
            columns[name].append(row[name])
        columns["azimuth"].append(_azimuth_deg(json.loads(row["scene"])["lighting"]))
    values = {name: np.array([number for number in column if number is not None]) for name, column in columns.items()}

    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6.4), dpi=80, layout="constrained")
    axes = figure.subplots(2, 3).ravel()
    _histogram(axes[0], {"yaw": values["yaw_deg"], "pitch": values["pitch_deg"]}, "pose, degrees")
    _histogram(axes[1], {"smile": values["smile"], "open mouth": values["open_mouth"]}, "expression: 0 none, 1 full")
    tones = np.geomspace(0.02, 2, 25).tolist()
    _histogram(axes[2], {"melanin": values["melanin"]}, "skin tone: melanin, 0.03 pale to 2 dark", tones)
    axes[2].set_xscale("log")
    smooth, around = (len(rows) - len(values[name]) for name in ("age", "azimuth"))
    _histogram(axes[3], {"age": values["age"]}, f"age in years ({smooth} skins are smooth and have none)")
    _histogram(axes[4], {"key light": values["azimuth"]}, f"key lamp's side, degrees ({around} lit from all around)")
    if "drift_mm" in values:
        _histogram(axes[5], {"drift": values["drift_mm"]}, "drift of the image, mm")
    else:
        axes[5].axis("off")
    figure.suptitle(f"{len(rows)} rows")
    with whole_file(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})


def _histogram(axis, parts: dict[str, np.ndarray], title: str, bins: Sequence[float] | int = 24) -> None:
    everything = np.concatenate(list(parts.values())) if parts else np.zeros(0)
    if isinstance(bins, int):
        bins = np.histogram_bin_edges(everything, bins).tolist() if len(everything) else bins
    for (name, values), colour in zip(parts.items(), (INK, SECOND), strict=False):
        axis.hist(values, bins, color=colour, alpha=0.65, label=name)
    axis.set_title(title, fontsize=10)
    axis.set_ylabel("rows", fontsize=9)
    axis.spines[["top", "right"]].set_visible(False)
    if len(parts) > 1:
        axis.legend(frameon=False, fontsize=9)


def _azimuth_deg(lighting) -> float | None:
    """Where the key lamp stands, 0 before the face, positive to the image's right; None where surroundings light it."""
    directions = lighting.get("directions") or []
    if lighting.get("environment") or not directions:
        return None
    x, _, z = directions[0]
    return float(np.degrees(np.arctan2(x, z)))
