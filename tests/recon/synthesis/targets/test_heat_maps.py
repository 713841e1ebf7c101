from __future__ import annotations

import numpy as np
import pytest
import torch

from recon.synthesis.placement import Placement, placed
from recon.synthesis.record import Record
from recon.synthesis.targets import HeatMapTarget

SIZE = 64


def test_heat_peaks_at_the_landmarks_and_turns_with_them(record: Record) -> None:
    target = HeatMapTarget(SIZE, sigma_px=2.0)
    for moved in (record, placed(record, Placement(rotation_rad=0.5, zoom=0.8), SIZE)):
        heat = target(moved)["heat_maps"]
        u, v = moved.landmarks_px.T
        inside = (u > 1) & (u < SIZE - 1) & (v > 1) & (v < SIZE - 1)
        peaks = heat.flatten(1).argmax(1).numpy()
        assert (np.abs(peaks % SIZE + 0.5 - u)[inside] <= 0.5).all()
        assert (np.abs(peaks // SIZE + 0.5 - v)[inside] <= 0.5).all()
    whole = heat[torch.from_numpy(inside)].sum((1, 2))
    assert float(whole.max()) == pytest.approx(2 * np.pi * 4, rel=1e-3)
