"""What a translation kept of each render: geometry as two judges see it, skin tone, and how much faces differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from scipy.ndimage import binary_erosion

from recon.evaluate.networks import predict_images
from recon.faces import load
from recon.geometry.similarity import fit_similarity
from recon.methods.places import located
from recon.progress import tracked
from recon.synthesis.record import Record
from synth2real.dataset.judges import Judge
from synth2real.gan.drift import FEWEST_SEEN, SEEN, Drift
from synth2real.photos.traits import tone_deg

BATCH = 16
RESAMPLES = 2000


def drifts(judge: Judge, records: Sequence[Record], images: np.ndarray, name: str) -> list[dict[str, float]]:
    """Of each image the fields of `Drift`, as one judge sees them."""
    starts = range(0, len(records), BATCH)
    found: list[Drift] = []
    for start in tracked(starts, f"judge {judge.letter} on {name}"):
        found += judge.drift(records[start : start + BATCH], images[start : start + BATCH])
    return [{field.name: getattr(one, field.name) for field in fields(Drift)} for one in found]


def skin_tone_deg(image: np.ndarray, face: np.ndarray) -> float:
    """Individual typology angle atan2(L* - 50, b*) of the median colour of the face's inner pixels, in degrees: above
    55 very light, 41 light, 28 intermediate, 10 tan, -30 brown, below dark (Chardon et al. 1991). NaN without a face.

    image (S, S, 3) uint8 sRGB; face (S, S) bool.
    """
    return tone_deg(image, np.asarray(binary_erosion(face, iterations=2), bool))


def face_shapes(judge: Judge, images: np.ndarray) -> np.ndarray:
    """(N, 68, 2) px: the landmarks that the judge's correspondence shows in each image; NaN where it sees no face."""
    model = load("default")
    box_mm = (model.canonical_box_mm[1] - model.canonical_box_mm[0]).numpy()
    goals = model.canonical[model.landmarks].numpy()
    shapes = np.full((len(images), len(goals), 2), np.nan)
    for start in range(0, len(images), BATCH):
        answer = predict_images(judge.network, images[start : start + BATCH])
        for i, (mask, places) in enumerate(zip(answer.mask[:, 0].numpy(), answer.correspondence.numpy(), strict=True)):
            if (mask > SEEN).sum() >= FEWEST_SEEN:
                shapes[start + i] = located(places, mask > SEEN, goals, box_mm)
    return shapes


def spread(shapes: np.ndarray, originals: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    """How much faces differ from their mean, over how much the originals do, in per cent, with its 95 % interval.

    Below 100 the faces have drawn together, towards one. Each is laid over the mean of its own set by a similarity, so
    place, size and roll do not count. (N, k, 2) each, of the same faces; those that are NaN in one are left out.
    """
    whole = np.isfinite(shapes).all((1, 2)) & np.isfinite(originals).all((1, 2))
    if whole.sum() < 3:
        return float("nan"), float("nan"), float("nan")
    squared, squared_of_originals = (_squared(one[whole]) for one in (shapes, originals))
    drawn = np.random.default_rng(seed).integers(0, len(squared), (RESAMPLES, len(squared)))
    ratios = np.sqrt(squared[drawn].mean(1) / squared_of_originals[drawn].mean(1))
    low, high = np.percentile(100 * ratios, (2.5, 97.5))
    return float(100 * np.sqrt(squared.mean() / squared_of_originals.mean())), float(low), float(high)


def _squared(shapes: np.ndarray) -> np.ndarray:
    """(N,) mean squared distance of each shape's points from the mean shape's."""
    mean, laid = shapes.mean(0), shapes
    for _ in range(2):
        laid = np.stack([fit_similarity(shape, mean)(shape) for shape in shapes])
        mean = laid.mean(0)
    return ((laid - mean) ** 2).sum(-1).mean(1)
