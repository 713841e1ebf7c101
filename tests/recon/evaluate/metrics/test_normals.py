"""Angles of a tilted plane."""

from __future__ import annotations

import numpy as np
import pytest

from recon.evaluate.metrics.normals import normal_angle_deg


def test_normals_of_a_tilted_plane_are_off_by_the_tilt() -> None:
    row, column = np.mgrid[0:20, 0:20].astype(float)
    tilt = np.radians(25)
    position = np.stack([column, -row, -column * np.tan(tilt)])
    mask = np.ones((20, 20), bool)
    true = np.zeros((20, 20, 3))
    true[..., 2] = 1
    assert normal_angle_deg(position, mask, true, mask) == pytest.approx(25)
    tilted = np.broadcast_to([np.sin(tilt), 0, np.cos(tilt)], (20, 20, 3))
    assert normal_angle_deg(7 * position, mask, tilted, mask) == pytest.approx(0, abs=1e-5)
    assert normal_angle_deg(position, ~mask, tilted, mask) == 180
