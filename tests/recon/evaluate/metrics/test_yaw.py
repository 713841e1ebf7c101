from __future__ import annotations

import numpy as np
import pytest

from recon.evaluate.metrics.yaw import yaw_error_deg
from recon.faces import load
from recon.synthesis.record import Record


def test_a_head_turned_by_the_network_is_off_by_its_turn(records: list[Record]) -> None:
    record = records[0]
    box = load("default").canonical_box_mm.numpy()
    place, true = np.moveaxis(record.position_mm, -1, 0), np.moveaxis(record.correspondence, -1, 0)
    assert yaw_error_deg(place, true, record.mask, record, box) == pytest.approx(0, abs=1e-6)
    leaning = place.copy()  # z grows to the right: the picture of a head that looks further to its left
    leaning[2] += np.tan(np.radians(10)) * leaning[0]
    assert 5 < yaw_error_deg(leaning, true, record.mask, record, box) < 15
    assert yaw_error_deg(place, true, np.zeros_like(record.mask), record, box) == 90
