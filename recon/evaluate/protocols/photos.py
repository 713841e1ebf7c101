"""The protocol on photos with hand-placed points: where does the network's correspondence put the landmarks?

A landmark is found at the pixel whose predicted correspondence lies nearest to the landmark vertex's canonical place,
then to a part of a pixel by a local affine fit of the correspondence. The error is the distance to the hand-placed
point, in per cent of the outer eye distance. One photo is one person.

The photos come with webmorph's 189 points; those that mean the same as one of the 68 are used (`POINTS`). The two
markups do not define every point alike, so a small part of the error is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recon.errors import UserError
from recon.evaluate.metrics.intervals import bootstrap_interval
from recon.evaluate.metrics.missed import FEWEST_COVERED, MASK_THRESHOLD
from recon.evaluate.protocols.renders import predict_images
from recon.evaluate.report import Report
from recon.faces.model import FaceModel
from recon.geometry.similarity import fit_similarity
from recon.methods.base import Reconstructor
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE

POINTS = {  # of the 68 -> of webmorph's 189, both from 0
    **{17: 71, 21: 76, 22: 77, 26: 82, 36: 18, 39: 22, 42: 23, 45: 27},
    **{33: 55, 48: 87, 54: 93, 51: 90, 57: 106, 8: 129},
}
PARTS = {
    "eye corners": (36, 39, 42, 45),
    "brow ends": (17, 21, 22, 26),
    "nose base": (33,),
    "mouth": (48, 51, 54, 57),
    "chin": (8,),
}
PUPILS = (0, 1)  # of webmorph's points: image left, image right
OUTER_EYES = (36, 45)
WINDOW = 2  # the affine fit sees the pixels at most this far from the nearest one


@dataclass(frozen=True)
class Photo:
    """rgb (S, S, 3) uint8, framed by its pupils; points: {of the 68: (2,) px}, pixel centres at +0.5."""

    name: str
    rgb: np.ndarray
    points: dict[int, np.ndarray]


def evaluate_photos(network: Reconstructor, photos: list[Photo], model: FaceModel, batch_size: int = 16) -> Report:
    """Landmark error of the network's correspondence on framed photos of one size, beside the mean face's.

    Args:
        model: the default model; its landmark vertices' canonical places are what is looked for.
    """
    canonical = {point: model.canonical[model.landmarks[point]].numpy() for point in POINTS}
    size_mm = (model.canonical_box_mm[1] - model.canonical_box_mm[0]).numpy()
    per_image: list[dict[str, Any]] = []
    for start in range(0, len(photos), batch_size):
        batch = photos[start : start + batch_size]
        geometry = predict_images(network, np.stack([photo.rgb for photo in batch]))
        for i, photo in enumerate(batch):
            mask = geometry.mask[i, 0].float().cpu().numpy() >= MASK_THRESHOLD
            places = geometry.correspondence[i].float().cpu().numpy()
            found = {point: locate(places, mask, goal, size_mm) for point, goal in canonical.items()}
            outer = float(np.linalg.norm(photo.points[OUTER_EYES[1]] - photo.points[OUTER_EYES[0]]))
            errors = {point: _percent(found[point], photo.points[point], outer) for point in POINTS}
            detected = all(place is not None for place in found.values())
            baseline = _mean_face_errors(model, photo, outer)
            per_image.append({"photo": photo.name, "detected": detected, "errors": errors, "mean_face": baseline})
    rows = []
    for part, points in {"all": tuple(POINTS), **PARTS}.items():
        ours = np.array([np.mean([image["errors"][point] for point in points]) for image in per_image])
        mean_face = np.mean([[image["mean_face"][point] for point in points] for image in per_image])
        low, high = bootstrap_interval(ours)
        rows.append((part, float(ours.mean()), f"{low:.2f} to {high:.2f}", float(np.median(ours)), float(mean_face)))
    columns = ("points", "error (%)", "95 % interval", "median (%)", "mean face (%)")
    detected = sum(image["detected"] for image in per_image)
    notes = (
        f"{len(photos)} photos of {photos[0].rgb.shape[0]} px, framed by the hand-placed pupils; a face was found in "
        f"{detected}; where none is found, each point counts 100 %.",
        "Error in % of the outer eye distance (36 to 45); intervals over photos, one a person.",
        "Mean face: the default mean's landmarks laid over the hand-placed points by the best 2D similarity, which "
        "knows the answer's pose; not a method, a yardstick.",
    )
    return Report("Photos with hand-placed points", columns, rows, notes, per_image)


def locate(correspondence: np.ndarray, mask: np.ndarray, goal: np.ndarray, size_mm: np.ndarray) -> np.ndarray | None:
    """Where in the image a canonical place is seen.

    Args:
        correspondence: (3, H, W); mask: (H, W) bool; goal: (3,) canonical place; size_mm: (3,) of the canonical box.
    Returns:
        (2,) u, v in pixels, centres at +0.5; None where the mask holds fewer than FEWEST_COVERED pixels.
    """
    if mask.sum() < FEWEST_COVERED:
        return None
    offset = (correspondence.transpose(1, 2, 0) - goal) * size_mm  # (H, W, 3) mm
    distance = np.where(mask, np.linalg.norm(offset, axis=-1), np.inf)
    row, column = np.unravel_index(distance.argmin(), mask.shape)
    rows, columns = np.nonzero(
        mask[max(row - WINDOW, 0) : row + WINDOW + 1, max(column - WINDOW, 0) : column + WINDOW + 1]
    )
    rows, columns = rows + max(row - WINDOW, 0), columns + max(column - WINDOW, 0)
    design = np.stack([columns - column, rows - row, np.ones(len(rows))], 1)
    affine = np.linalg.lstsq(design, offset[rows, columns], rcond=None)[0]  # offset = du a0 + dv a1 + a2
    step = np.linalg.lstsq(affine[:2].T, -affine[2], rcond=None)[0]
    return np.array([column, row]) + 0.5 + step.clip(-1, 1)


def load_photos(folder: Path, size: int) -> list[Photo]:
    """Photos with a webmorph `.pts` of the same name beside them, framed so that the pupils lie as in the renders.

    Raises:
        UserError: the folder holds no such pair.
    """
    files = [file for file in sorted(folder.glob("*.jpg")) if file.with_suffix(".pts").is_file()]
    if not files:
        raise UserError(f"{folder} holds no .jpg with a .pts of the same name beside it: check the path")
    return [_framed(file, read_webmorph(file.with_suffix(".pts")), size) for file in files]


def read_webmorph(file: Path) -> np.ndarray:
    """The (189, 2) px points of a webmorph `.pts` file."""
    try:
        rows = [line.split() for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")]
        points = np.array(rows, np.float64)
    except ValueError:
        raise UserError(f"{file} is not a list of `x y` lines") from None
    if points.shape != (189, 2):
        raise UserError(f"{file} holds {len(points)} points, not webmorph's 189")
    return points


def _framed(file: Path, points: np.ndarray, size: int) -> Photo:
    """The square crop with the pupils level, EYE_SHARE of the side apart, at EYES_MIDDLE[1]."""
    middle, half = np.array([0.5, EYES_MIDDLE[1]]) * size, np.array([EYE_SHARE * size / 2, 0])
    to_photo = fit_similarity(np.stack([middle - half, middle + half]), points[list(PUPILS)])
    linear = to_photo.scale * to_photo.rotation
    fine = 4  # drawn finer and averaged: PIL's transform does not smooth when it shrinks
    coefficients = np.c_[linear / fine, to_photo.translation].ravel()
    image = Image.open(file).convert("RGB")
    drawn = image.transform(
        (fine * size, fine * size), Image.Transform.AFFINE, tuple(coefficients), Image.Resampling.BICUBIC
    )
    to_crop = to_photo.inverse()
    framed = {point: to_crop(points[other]) for point, other in POINTS.items()}
    return Photo(file.stem, np.asarray(drawn.resize((size, size), Image.Resampling.BOX)), framed)


def _percent(found: np.ndarray | None, true: np.ndarray, outer: float) -> float:
    return 100.0 if found is None else float(100 * np.linalg.norm(found - true) / outer)


def _mean_face_errors(model: FaceModel, photo: Photo, outer: float) -> dict[int, float]:
    flat = model.mean[model.landmarks[list(POINTS)]].numpy()[:, :2] * (1, -1)
    true = np.stack([photo.points[point] for point in POINTS])
    laid = fit_similarity(flat, true)(flat)
    return {point: _percent(place, goal, outer) for point, place, goal in zip(POINTS, laid, true, strict=True)}
