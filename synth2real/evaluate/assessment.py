"""What a generator is worth: how real its images look, and how far they moved the geometry, side by side.

Realism alone is cheap (paint any face), geometry alone too (change nothing): a figure of one is worth little without
the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from recon.evaluate.protocols.renders import score_records
from recon.evaluate.results import Figure, Measure, Result, figures_of
from recon.methods.base import Reconstructor
from recon.progress import tracked
from recon.synthesis.record import Record
from synth2real.dataset.translate import translate_images
from synth2real.evaluate.realism import Realism, three_pairs
from synth2real.gan.generator import Generator

BATCH = 16
WORSE = {"depth_mean_mm": 1.0, "correspondence_mean_mm": 1.0, "mask_iou": -1.0}  # of `renders`; more is worse, or less
GEOMETRY = {  # of each of these the judge's own on the render, and how much worse it is on the translated image
    "own_depth_mean_mm": Measure("judge on renders, depth", "mm"),
    "own_correspondence_mean_mm": Measure("correspondence", "mm"),
    "own_mask_iou": Measure("mask IoU"),
    "depth_mean_mm": Measure("depth, more", "mm"),
    "correspondence_mean_mm": Measure("correspondence, more", "mm"),
    "mask_iou": Measure("mask IoU lost"),
}
VIEWS = {"whole": "whole image", "inner": "inner face"}


def translated_records(records: Sequence[Record], generator: Generator) -> list[Record]:
    """The records with their RGB translated; labels stay those of the render."""
    images: list[np.ndarray] = []
    for start in range(0, len(records), BATCH):
        images.extend(translate_images(records[start : start + BATCH], generator))
    return [replace(record, rgb=image) for record, image in zip(records, images, strict=True)]


def geometry(
    judge: Reconstructor,
    records: Sequence[Record],
    translations: Mapping[str, list[Record]],
    box_mm: np.ndarray,
    settings: Mapping[str, Any],
    weights: Mapping[str, str],
    independence: str = "",
) -> Result:
    """The judge's error against the true label on G(x), minus its error on x, image by image.

    Args:
        judge: a reconstructor. independence: what `independence_of` says of it, for the notes.
        records: renders x. translations: name -> G(x).
        box_mm: (2, 3) canonical box of the default model. settings, weights: for the result.
    """
    before = score_records(judge, records, box_mm)
    values, figures = [], []
    for name, moved in translations.items():
        changes = []
        shown = tracked(moved, f"judging {name}")
        for own, after in zip(before, score_records(judge, shown, box_mm), strict=True):
            worse = {key: sign * (after[key] - own[key]) for key, sign in WORSE.items()}
            changes.append({f"own_{key}": own[key] for key in WORSE} | worse)
            values.append({"generator": name, "index": own["index"], **changes[-1]})
        figures += figures_of(changes, GEOMETRY, name)
    notes = (
        "Error against the true label on the translated image minus that on the render, image by image, by the judge; "
        "intervals over images.",
        *([independence] if independence else []),
    )
    return Result("Geometry of translated renders", "geometry", settings, tuple(figures), notes, weights, values)


def realism(
    records: Sequence[Record],
    translations: Mapping[str, list[Record]],
    photos: np.ndarray,
    settings: Mapping[str, Any],
    weights: Mapping[str, str],
) -> Result:
    """The classifier's accuracy on three pairs: photos (N, S, S, 3) uint8 against renders, translations and photos."""
    renders = np.stack([record.rgb for record in records])
    images = {name: np.stack([record.rgb for record in moved]) for name, moved in translations.items()}
    used = min(len(records), len(photos) // 2)
    figures = [
        figure
        for name, views in three_pairs(renders, images, photos).items()
        for view, pair in views.items()
        for figure in accuracies(pair, used, f"{name}, {VIEWS[view]}")
    ]
    notes = (
        f"{used} images of each kind, of {len(records)} renders and {len(photos)} photos; half to learn, half to test.",
        "A classifier's test accuracy, 0.5 is chance; `recovered` is the share of the way from the renders' accuracy "
        "to the photos' own.",
    )
    return Result("Realism: a classifier's two-sample test", "realism", settings, tuple(figures), notes, weights)


def accuracies(pair: Realism, used: int, group: str) -> list[Figure]:
    """The three accuracies, and `recovered` in per cent where it means something."""
    figures = [
        Figure("renders", "renders against photos", "", pair.renders, used, group=group),
        Figure("translated", "translated against photos", "", pair.translated, used, group=group),
        Figure("photos", "photos against photos", "", pair.photos, used, group=group),
    ]
    if np.isfinite(pair.recovered):
        figures.append(Figure("recovered", "recovered", "%", 100 * pair.recovered, used, group=group))
    return figures
