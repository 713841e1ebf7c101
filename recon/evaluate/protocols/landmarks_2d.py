"""The protocol on photos with hand-placed points: where does the network put the landmarks?

They are its own, or its mesh's; of a network that gives maps a landmark is found at the pixel whose predicted
correspondence lies nearest to the landmark vertex's canonical place, then to a part of a pixel by a local affine fit of
the correspondence (`recon.evaluate.answers`). The error is the distance to the hand-placed
point, in per cent of the outer eye distance. One photo is one person.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recon.configuration import to_plain
from recon.evaluate.answers import landmarks_of
from recon.evaluate.metrics.points import offsets_percent
from recon.evaluate.networks import digests, open_network, predict_images
from recon.evaluate.results import Figure, Measure, Result, figures_of
from recon.evaluate.settings import Landmarks2dSettings as Settings
from recon.evaluate.webmorph import OUTER_EYES, POINTS, Photo, load_framed
from recon.faces import load
from recon.faces.model import FaceModel
from recon.geometry.similarity import fit_similarity
from recon.methods.base import Reconstructor
from recon.progress import tracked

PARTS = {
    "all": tuple(POINTS),
    "eye corners": (36, 39, 42, 45),
    "brow ends": (17, 21, 22, 26),
    "nose base": (33,),
    "mouth": (48, 51, 54, 57),
    "chin": (8,),
}
MEASURES = {
    "error": Measure("error", "% of the outer eye distance"),
    "mean_face": Measure("mean face", "% of the outer eye distance"),
}
NOT_FOUND = 100.0  # per cent, the error of each point of a photo in which no face is found


def run(settings: Settings) -> Result:
    """Frame the photos by their pupils, predict, look the landmarks up, score."""
    photos, network = load_framed(settings.folder, settings.size), open_network(settings.network, settings.mirrored)
    values = score_photos(network, photos, load("default"))
    figures: list[Figure] = []
    for part, points in PARTS.items():
        means = [{name: np.mean([value[name][point] for point in points]) for name in MEASURES} for value in values]
        figures += figures_of(means, MEASURES, part)
    found = sum(value["found"] for value in values)
    return Result(
        title="Landmarks of photos, read off the correspondence" + (", looking twice" if settings.mirrored else ""),
        protocol="landmarks_2d",
        settings=to_plain(settings),
        figures=tuple(figures),
        notes=(
            f"{len(photos)} photos of {settings.size} px, framed by the hand-placed pupils; a face was found in "
            f"{found}; where none is found, each point counts 100 %. The unit is the distance of points 36 and 45.",
            "Mean face: the default mean's landmarks laid over the hand-placed points by the best 2D similarity, which "
            "knows the answer's pose; not a method, a yardstick.",
        ),
        weights=digests(settings.network),
        values=values,
    )


def score_photos(
    network: Reconstructor, photos: list[Photo], model: FaceModel, batch_size: int = 16
) -> list[dict[str, Any]]:
    """Of each photo: name, whether a face was found, and two errors of each of POINTS, {point: per cent}.

    Args:
        photos: of one size. model: the default model, whose mean face is the yardstick.
    """
    values: list[dict[str, Any]] = []
    for start in tracked(range(0, len(photos), batch_size), "batches of photos"):
        batch = photos[start : start + batch_size]
        geometry = predict_images(network, np.stack([photo.rgb for photo in batch]))
        for i, photo in enumerate(batch):
            found = landmarks_of(geometry, i)
            outer = float(np.linalg.norm(photo.points[OUTER_EYES[1]] - photo.points[OUTER_EYES[0]]))
            errors = {
                point: NOT_FOUND if found is None else _percent(found[point, :2], true, outer)
                for point, true in photo.points.items()
            }
            mean_face = mean_face_errors(model, photo, outer)
            values.append({"photo": photo.name, "found": found is not None, "error": errors, "mean_face": mean_face})
    return values


def mean_face_errors(model: FaceModel, photo: Photo, outer: float) -> dict[int, float]:
    """{point: per cent} of the model's mean, laid over the photo's points by the best similarity."""
    flat = model.mean[model.landmarks[list(POINTS)]].numpy()[:, :2] * (1, -1)
    true = np.stack([photo.points[point] for point in POINTS])
    laid = fit_similarity(flat, true)(flat)
    return {point: _percent(place, goal, outer) for point, place, goal in zip(POINTS, laid, true, strict=True)}


def _percent(found: np.ndarray, true: np.ndarray, outer: float) -> float:
    return float(np.linalg.norm(offsets_percent(found, true, outer)))
