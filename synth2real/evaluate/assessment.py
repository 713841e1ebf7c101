"""What a generator is worth: how real its images look, and how far they moved the geometry, side by side.

Realism alone is cheap (paint any face), geometry alone too (change nothing): both are always reported together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from recon.evaluate.metrics.intervals import bootstrap_interval
from recon.evaluate.protocols.renders import evaluate_records
from recon.evaluate.report import Report
from recon.methods.base import Reconstructor
from recon.synthesis.record import Record
from synth2real.dataset.translate import translate_images
from synth2real.evaluate.realism import Realism, three_pairs
from synth2real.gan.generator import Generator

BATCH = 16
GEOMETRY = {  # per-image measures of `recon.evaluate.protocols.renders`, and whether more is worse
    "depth_mean_mm": ("depth (mm)", 1.0),
    "correspondence_mean_mm": ("correspondence (mm)", 1.0),
    "mask_iou": ("mask IoU lost", -1.0),
}


def translated_records(records: Sequence[Record], generator: Generator) -> list[Record]:
    """The records with their RGB translated; labels stay those of the render."""
    images: list[np.ndarray] = []
    for start in range(0, len(records), BATCH):
        images.extend(translate_images(records[start : start + BATCH], generator))
    return [replace(record, rgb=image) for record, image in zip(records, images, strict=True)]


def geometry_report(
    judge: Reconstructor, records: Sequence[Record], translations: dict[str, list[Record]], box_mm: np.ndarray
) -> Report:
    """The judge's error against the true label on G(x), minus its error on x, image by image.

    Args:
        judge: a reconstructor that was in no generator's loss. records: renders x. translations: name -> G(x).
        box_mm: (2, 3) canonical box of the default model.
    """
    before = evaluate_records(judge, records, box_mm).per_image
    rows = []
    for name, moved in translations.items():
        after = evaluate_records(judge, moved, box_mm).per_image
        for key, (label, sign) in GEOMETRY.items():
            own = np.array([one[key] for one in before])
            change = sign * (np.array([one[key] for one in after]) - own)
            low, high = bootstrap_interval(change)
            rows.append((name, label, float(own.mean()), float(change.mean()), f"{low:.3f} to {high:.3f}"))
    notes = (
        f"n = {len(before)} held-out renders; the judge was in no generator's loss.",
        "Error against the true label on G(x) minus the error on x, per image; 95 % interval by bootstrap over images.",
    )
    columns = ("generator", "measure", "judge on x", "more on G(x)", "95 % interval")
    return Report("Geometry of translated renders", columns, rows, notes)


def realism_report(records: Sequence[Record], translations: dict[str, list[Record]], photos: np.ndarray) -> Report:
    """The classifier's accuracy on three pairs: photos (N, S, S, 3) uint8 against renders, translations and photos."""
    renders = np.stack([record.rgb for record in records])
    rows = []
    images = {name: np.stack([record.rgb for record in moved]) for name, moved in translations.items()}
    for name, views in three_pairs(renders, images, photos).items():
        for view, pair in views.items():
            rows.append((name, view, pair.renders, pair.translated, pair.photos, share(pair)))
    used = min(len(records), len(photos) // 2)
    notes = (
        f"{used} images of each kind, of {len(records)} renders and {len(photos)} photos; half to learn, half to test.",
        "Accuracy 0.5 is chance; `recovered` is the share of the way from the renders' accuracy to the photos' own.",
    )
    columns = ("generator", "view", "renders/photos", "translated/photos", "photos/photos", "recovered")
    return Report("Realism: a classifier's two-sample test", columns, rows, notes)


def share(pair: Realism) -> str:
    return f"{100 * pair.recovered:.0f} %"
