"""The protocol on photos with five known points: does the predicted mask hold them?

Pupils, the nose's tip and the mouth's corners are skin or eye of every face, and none may be hidden in these photos.
One photo is one person.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from recon.configuration import to_plain
from recon.evaluate.metrics.missed import MASK_THRESHOLD
from recon.evaluate.metrics.points import inside
from recon.evaluate.networks import digests, open_network, predict_images
from recon.evaluate.results import Measure, Result, figures_of
from recon.evaluate.settings import MaskPointsSettings as Settings
from recon.methods.base import Reconstructor
from recon.photos.folder import load_photos
from recon.photos.framing import from_points
from recon.photos.points import read_points
from recon.progress import tracked

NAMES = ("left eye", "right eye", "nose", "left mouth corner", "right mouth corner")  # as seen in the image
MEASURES = {
    "points": Measure("points inside the mask", "%"),
    "all five": Measure("photos with all five inside", "%"),
    **{name: Measure(name, "%") for name in NAMES},
}


def run(settings: Settings) -> Result:
    """Frame the photos, predict, look the points up in the masks."""
    csv = settings.points or settings.folder.parent / "faces.csv"
    table, network = read_points(csv), open_network(settings.network, settings.mirrored)
    photos = load_photos(settings.folder, settings.size, "points", csv)
    points = []
    for name in photos.names:
        given = table[Path(name).name]
        points.append(from_points(given).to_photo(settings.size).inverse()(given))
    scores = score_masks(network, photos.images, points)
    values = [{"photo": name} | score for name, score in zip(photos.names, scores, strict=True)]
    return Result(
        title="Known points inside the predicted mask" + (", looking twice" if settings.mirrored else ""),
        protocol="mask_points",
        settings=to_plain(settings),
        figures=figures_of(values, MEASURES),
        notes=(f"{len(values)} photos of {settings.size} px, framed by the points; {len(photos.skipped)} left out.",),
        weights=digests(settings.network),
        values=values,
    )


def score_masks(
    network: Reconstructor, images: np.ndarray, points: list[np.ndarray], batch_size: int = 64
) -> list[dict[str, Any]]:
    """The measures of MEASURES, in per cent, of images (N, S, S, 3) uint8 with points (5, 2) px each."""
    values = []
    for start in tracked(range(0, len(images), batch_size), "batches of photos"):
        masks = predict_images(network, images[start : start + batch_size]).mask[:, 0].float().cpu().numpy()
        for mask, five in zip(masks, points[start : start + batch_size], strict=True):
            held = inside(mask >= MASK_THRESHOLD, five)
            each = {name: 100.0 * one for name, one in zip(NAMES, held, strict=True)}
            values.append({"points": 100.0 * held.mean(), "all five": 100.0 * held.all(), **each})
    return values
