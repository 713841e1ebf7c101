"""The protocol on a real scan: depth on its twelve views, beside the default mean face's at the true pose.

Both are scored on the same pixels; see `recon.evaluate.scan`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recon.configuration import to_plain
from recon.evaluate.metrics.depth import depth_errors
from recon.evaluate.metrics.mask import coverage
from recon.evaluate.metrics.missed import MASK_THRESHOLD
from recon.evaluate.networks import digests, open_network, predict_images
from recon.evaluate.results import Figure, Measure, Result
from recon.evaluate.scan import View, load_scan, render_views
from recon.evaluate.settings import ScanViewsSettings as Settings
from recon.faces import load
from recon.methods.base import Reconstructor

MEASURES = {
    "network": Measure("network, depth error", "% of the range"),
    "network_mm": Measure("network, depth error", "mm"),
    "mean_face": Measure("mean face at the true pose", "% of the range"),
    "mean_face_mm": Measure("mean face at the true pose", "mm"),
    "coverage": Measure("coverage"),
}


def run(settings: Settings) -> Result:
    """Render the views, predict, score."""
    scan, network = load_scan(settings.folder), open_network(settings.network, settings.mirrored)
    values = score_views(network, render_views(scan, load("default"), settings.size))
    means = {name: float(np.mean([value[name] for value in values])) for name in MEASURES}
    figures = [Figure(name, *measure, means[name], len(values)) for name, measure in MEASURES.items()]
    ratio = means["network_mm"] / means["mean_face_mm"]
    figures.append(Figure("ratio", "network's error over the mean face's", "", ratio, len(values)))
    return Result(
        title="A real scan against the mean face" + (", looking twice" if settings.mirrored else ""),
        protocol="scan_views",
        settings=to_plain(settings),
        figures=tuple(figures),
        notes=(
            f"{len(values)} views of one person at {settings.size} px, so no interval: views of one person are not "
            "independent.",
            "Mean depth error after RANSAC scale and shift along depth, averaged over the views; the ratio is of the "
            "averages.",
            "Same pixels for both: the fitted mean face's face region and the scan within 90 mm of its nose tip; a "
            "pixel that the network misses is charged the view's 90th percentile.",
        ),
        weights=digests(settings.network),
        values=values,
    )


def score_views(network: Reconstructor, views: list[View]) -> list[dict[str, Any]]:
    """Yaw, light and the measures of MEASURES of each view, and the ratio of both errors."""
    geometry = predict_images(network, np.stack([view.rgb for view in views]))
    values: list[dict[str, Any]] = []
    for i, view in enumerate(views):
        found = geometry.mask[i, 0].float().cpu().numpy() >= MASK_THRESHOLD
        predicted = geometry.position_mm[i, 2].float().cpu().numpy()
        pixels, everywhere = view.scored, np.ones(view.scored.sum(), bool)
        ours = depth_errors(predicted[pixels], view.z_mm[pixels], found[pixels], seed=i)
        mean_face = depth_errors(view.mean_z_mm[pixels], view.z_mm[pixels], everywhere, seed=i)
        values.append(
            {
                "yaw_deg": view.yaw_deg,
                "light": view.light,
                "network": ours.mean,
                "network_mm": ours.mean_mm,
                "mean_face": mean_face.mean,
                "mean_face_mm": mean_face.mean_mm,
                "ratio": ours.mean_mm / mean_face.mean_mm,
                "coverage": coverage(found, pixels),
            }
        )
    return values
