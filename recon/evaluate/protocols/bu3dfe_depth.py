"""The protocol of pix2vertex on BU-3DFE: depth of faces from the front (Sela et al. 2017, section 5.2, tables 1 and 2).

Each textured scan is seen from the front in even light; depth is judged up to scale and shift along its axis, found by
RANSAC, in per cent of the true depth range. Table 1 is the row of all faces, table 2 the means by expression, figure 17
the heat maps. The paper's own pictures are photos of the set; the scan's texture is that photo.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from recon.configuration import to_plain
from recon.evaluate.answers import depth_of
from recon.evaluate.curves import HOTTEST_PERCENT, heat_sheet
from recon.evaluate.metrics.depth import depth_errors
from recon.evaluate.metrics.mask import coverage
from recon.evaluate.networks import digests, open_network, predict_images
from recon.evaluate.published_settings import Bu3dfeSettings as Settings
from recon.evaluate.readers.bu3dfe import EXPRESSIONS, faces_of
from recon.evaluate.results import Figure, Measure, Result, figures_of, per_person
from recon.evaluate.scan import Scan
from recon.evaluate.self_grade import GradedHead, self_grade
from recon.evaluate.sitting import Light, sit
from recon.faces import load
from recon.methods.base import Reconstructor
from recon.progress import tracked

LIGHT = Light((0.0, 0.0, 1.0), 0.85, 0.15)
MEASURES = {
    "mean": Measure("mean", "% of the range"),
    "std": Measure("std", "%"),
    "median": Measure("median", "%"),
    "p90": Measure("90 %", "%"),
    "mean_face": Measure("mean face at the true pose, mean", "%"),
    "coverage": Measure("coverage"),
}


class Scored(NamedTuple):
    """The measures of MEASURES; rgb (S, S, 3) uint8; error_percent (S, S), NaN where nothing is scored."""

    measures: dict[str, float]
    rgb: np.ndarray
    error_percent: np.ndarray


def run(settings: Settings) -> Result:
    """Render, predict, score."""
    faces = faces_of(settings.folder)[: settings.count]
    network = open_network(settings.network, settings.mirrored)
    values: list[dict[str, Any]] = []
    shown: list[Scored] = []
    for k, face in enumerate(tracked(faces, "faces")):
        scored = score_scan(network, face.load(), settings.size, seed=k)
        values.append({"scan": face.file.stem, "person": face.person, "expression": face.expression, **scored.measures})
        shown += [scored] if len(shown) < settings.shown else []
    people = len({value["person"] for value in values})
    sheet = {"heat": heat_sheet([one.rgb for one in shown], [one.error_percent for one in shown])} if shown else {}
    return Result(
        title="Depth of BU-3DFE's faces" + (", looking twice" if settings.mirrored else ""),
        protocol="bu3dfe_depth",
        settings=to_plain(settings),
        figures=figures(values),
        notes=(
            f"{len(values)} scans of {people} people from the front at {settings.size} px; intervals over people. The "
            "text says the first 200 subjects of a set that has 100 people: the first 200 scans by name are taken.",
            "On the pixels of the fitted mean face's face region; one that the network misses is charged the image's "
            "90th percentile. 90 %: the error that ninety per cent of an image's pixels stay below.",
            f"Heat maps: from blue, none, to red, {HOTTEST_PERCENT:g} % of the depth range and more.",
        ),
        weights=digests(settings.network),
        values=values,
        pictures=sheet,
        self_grade=self_grade(graded_figure, aligned=True, count=settings.graded),
    )


def figures(values: list[dict[str, Any]]) -> tuple[Figure, ...]:
    """A row for all faces (table 1), and one for each expression (table 2)."""
    rows = {"all": values}
    rows |= {name: [value for value in values if value["expression"] == name] for name in EXPRESSIONS.values()}
    return tuple(
        figure for row, kept in rows.items() if kept for figure in figures_of(per_person(kept, MEASURES), MEASURES, row)
    )


def score_scan(network: Reconstructor, scan: Scan, size: int, seed: int) -> Scored:
    """A scan from the front. seed: of RANSAC."""
    sitting = sit(scan, load("default"), size)
    placed = sitting.placed(np.eye(3))
    rgb = sitting.picture(placed, LIGHT)
    z_mm, mean_z_mm, pixels = sitting.depths(placed)
    predicted, found = depth_of(predict_images(network, rgb[None]), 0, size)
    true, everywhere = z_mm[pixels], np.ones(pixels.sum(), bool)
    ours = depth_errors(np.nan_to_num(predicted[pixels]), true, found[pixels], seed)
    mean_face = depth_errors(mean_z_mm[pixels], true, everywhere, seed)
    percent = 100 * np.abs(ours.scale * predicted + ours.shift_mm - z_mm) / np.ptp(true)
    measures = {name: float(getattr(ours, name)) for name in ("mean", "std", "median", "p90")}
    measures |= {"mean_face": mean_face.mean, "coverage": coverage(found, pixels)}
    return Scored(measures, rgb, np.where(pixels & found, percent, np.nan))


def graded_figure(head: GradedHead) -> float:
    """The mean, of the head's vertices, by their depth."""
    found, true = head.found[head.some, 2], head.true[head.some, 2]
    return depth_errors(found, true, np.ones(len(true), bool)).mean
