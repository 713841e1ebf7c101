from __future__ import annotations

import numpy as np

from recon.evaluate.protocols.landmarks_2d import NOT_FOUND, score_photos
from recon.evaluate.webmorph import POINTS, Photo
from recon.faces import load
from recon.synthesis.record import Record
from tests.recon.evaluate.known_answers import Blind, Oracle, truths


def test_photos_are_scored_against_their_points(records: list[Record]) -> None:
    photos = [
        Photo(str(i), record.rgb, {point: record.landmarks_px[point].astype(float) for point in POINTS})
        for i, record in enumerate(records)
    ]
    exact = score_photos(Oracle(truths(records)), photos, load("default"))
    in_view = [
        image["error"][point]
        for image, record in zip(exact, records, strict=True)
        for point in POINTS
        if record.landmarks_visible[point]
    ]
    assert len(in_view) > 40 and np.median(in_view) < 1.5, "a third of a pixel of 64"
    blind = score_photos(Blind(), photos, load("default"))
    assert all(set(image["error"].values()) == {NOT_FOUND} and not image["found"] for image in blind)
    moved = [Photo(p.name, p.rgb, {k: v + (5.0, 0.0) for k, v in p.points.items()}) for p in photos]
    same, again = (score_photos(Blind(), p, load("default"))[0]["mean_face"] for p in (photos, moved))
    assert np.allclose(list(same.values()), list(again.values())), "the mean face is laid where the points are"
