"""The protocol on a real scan: depth on its twelve views, beside the default mean face's at the true pose (VRN's way).

Yaw -40, -13.3, 13.3 and 40 degrees from frontal, each under three lights, framed like the renders. Both are scored on
the same pixels: those where the mean face's face region and the scan, within 90 mm of the nose tip, are both seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from recon.configuration import to_plain
from recon.evaluate.answers import depth_of
from recon.evaluate.metrics.depth import depth_errors
from recon.evaluate.metrics.mask import coverage
from recon.evaluate.networks import digests, open_network, predict_images
from recon.evaluate.readers.textured_mesh import load_scan
from recon.evaluate.results import Figure, Measure, Result
from recon.evaluate.scan import Scan
from recon.evaluate.settings import ScanViewsSettings as Settings
from recon.evaluate.sitting import Light, sit
from recon.faces import load
from recon.faces.model import FaceModel
from recon.methods.base import Reconstructor

YAWS_DEG = (-40.0, -40 / 3, 40 / 3, 40.0)
LIGHTS = {
    "flat": Light((0.0, 0.0, 1.0), 0.85, 0.15),
    "left": Light((-0.8, 0.4, 0.5), 0.45, 0.75),
    "right": Light((0.8, 0.4, 0.5), 0.45, 0.75),
}
MEASURES = {
    "network": Measure("network, depth error", "% of the range"),
    "network_mm": Measure("network, depth error", "mm"),
    "mean_face": Measure("mean face at the true pose", "% of the range"),
    "mean_face_mm": Measure("mean face at the true pose", "mm"),
    "coverage": Measure("coverage"),
}


@dataclass(frozen=True)
class View:
    """One image of the scan: rgb (S, S, 3) uint8; z_mm (S, S) float64, the scan's depth in the camera frame; mean_z_mm,
    the placed mean face's; scored (S, S) bool, the pixels on which both the network and the mean face are judged."""

    yaw_deg: float
    light: str
    rgb: np.ndarray
    z_mm: np.ndarray
    mean_z_mm: np.ndarray
    scored: np.ndarray


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


def render_views(scan: Scan, model: FaceModel, size: int) -> list[View]:
    """The twelve views; frontal is where the default mean face, fitted to the scan, faces the camera."""
    sitting, views = sit(scan, model, size), []
    for yaw_deg in YAWS_DEG:
        placed = sitting.placed(Rotation.from_euler("y", yaw_deg, degrees=True).as_matrix())
        depths = sitting.depths(placed)
        views += [View(yaw_deg, name, sitting.picture(placed, light), *depths) for name, light in LIGHTS.items()]
    return views


def score_views(network: Reconstructor, views: list[View]) -> list[dict[str, Any]]:
    """Yaw, light and the measures of MEASURES of each view, and the ratio of both errors."""
    geometry = predict_images(network, np.stack([view.rgb for view in views]))
    values: list[dict[str, Any]] = []
    for i, view in enumerate(views):
        predicted, found = depth_of(geometry, i, len(view.rgb))
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
