from __future__ import annotations

import numpy as np

from recon.evaluate.protocols.mask_points import NAMES, score_masks
from recon.synthesis.record import Record
from tests.recon.evaluate.known_answers import Blind, Oracle, truths


def test_points_count_where_the_mask_is(records: list[Record]) -> None:
    images = np.stack([record.rgb for record in records])
    rows, columns = np.nonzero(records[0].mask)
    five = np.tile([columns[0] + 0.5, rows[0] + 0.5], (5, 1))
    five[2] = (0.5, 0.5)  # a corner of the image
    scores = score_masks(Oracle(truths(records)), images[:1], [five])
    assert scores == [{"points": 80.0, "all five": 0.0, **dict.fromkeys(NAMES, 100.0), "nose": 0.0}]
    five[2] = five[0]
    assert score_masks(Oracle(truths(records)), images[:1], [five])[0]["all five"] == 100.0
    assert score_masks(Blind(), images[:1], [five])[0]["points"] == 0.0
