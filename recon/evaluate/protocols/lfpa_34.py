"""The protocol on AFLW-LFPA: the visible ones of 34 points in 2D (Jourabloo and Liu 2016; PRNet, section 4.2).

The mean distance of a photo's visible points over the root of the area of their box, in per cent. One photo is one
person.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recon.configuration import to_plain
from recon.evaluate.curves import ced_picture
from recon.evaluate.landmark_photos import NOT_FOUND, FoundPoints, find_points
from recon.evaluate.metrics.nme import box_side, nme
from recon.evaluate.networks import digests, open_network
from recon.evaluate.published_settings import LfpaSettings as Settings
from recon.evaluate.readers.lfpa import MarkedPhoto, load_lfpa
from recon.evaluate.results import Measure, Result, figures_of
from recon.evaluate.self_grade import GradedHead, self_grade
from recon.photos.framing import Framing

MEASURES = {"nme": Measure("visible points", "% of the box")}
CURVE_PERCENT = 10.0
EYES_OF_BOX, EYES_DOWN = 0.5, 0.3  # the frame by a box of points: eye distance and height, as shares of its side


def run(settings: Settings) -> Result:
    """Frame by the box of the visible points, predict, score."""
    photos, weights = load_lfpa(settings.folder)
    network = open_network(settings.network, settings.mirrored)
    found = find_points(network, [(photo.photo, framing_of_box(photo.points[photo.visible])) for photo in photos])
    values = [score_photo(one, photo, weights) for one, photo in zip(found, photos, strict=True)]
    missed = sum(not value["found"] for value in values)
    errors = np.array([value["nme"] for value in values])
    return Result(
        title="34 points of AFLW-LFPA, the visible ones" + (", looking twice" if settings.mirrored else ""),
        protocol="lfpa_34",
        settings=to_plain(settings),
        figures=figures_of(values, MEASURES),
        notes=(
            f"{len(values)} photos, framed by the box of their visible points; without a face found {missed}, which "
            f"count {NOT_FOUND:g} %.",
        ),
        weights=digests(settings.network),
        values=values,
        pictures={"ced": ced_picture({"34 points": errors}, "% of the box", CURVE_PERCENT)},
        self_grade=self_grade(lambda head: graded_figure(head, weights), aligned=False, count=settings.graded),
    )


def framing_of_box(points: np.ndarray) -> Framing:
    """The frame of points (k, 2) px by their box, as upright as the photo."""
    low, high = points.min(0), points.max(0)
    side = box_side(points)
    return Framing(np.array([(low[0] + high[0]) / 2, low[1] + EYES_DOWN * (high[1] - low[1])]), EYES_OF_BOX * side, 0.0)


def score_photo(found: FoundPoints, photo: MarkedPhoto, weights: np.ndarray) -> dict[str, Any]:
    """Name, whether a face was found, and the error. weights: (34, 68), how the 68 make the 34."""
    true = photo.points[photo.visible]
    error = NOT_FOUND
    if found.points is not None:
        error = 100 * nme((weights @ found.points[:, :2])[photo.visible], true, box_side(true))
    return {"photo": photo.photo.name, "found": found.points is not None, "nme": error}


def graded_figure(head: GradedHead, weights: np.ndarray) -> float:
    found, true = (weights @ places[head.landmarks, :2] for places in (head.found, head.true))
    return nme(found, true, box_side(true))
