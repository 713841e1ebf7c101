from __future__ import annotations

import numpy as np
import torch

from recon.faces import load
from recon.faces.symmetry import symmetry_of
from recon.synthesis.placement import Placement, placed
from recon.synthesis.record import Record
from recon.synthesis.targets import MapsTarget

SIZE = 64


def test_maps_are_the_records_inside_the_mask(record: Record) -> None:
    sample = MapsTarget(SIZE)(record)
    mask = record.mask
    for name, values in (("position_mm", record.position_mm), ("correspondence", record.correspondence)):
        assert np.array_equal(sample[name].permute(1, 2, 0).numpy()[mask], values[mask])
        assert not sample[name][:, ~mask].any()
    assert np.array_equal(sample["rgb"].permute(1, 2, 0).numpy(), record.rgb / np.float32(255))
    amodal = MapsTarget(SIZE, amodal=True)(record)
    assert np.array_equal(amodal["mask"][0].numpy() > 0, record.amodal_mask) and amodal["mask"].sum() > mask.sum()


def test_a_mirrored_record_gives_mirrored_maps(record: Record) -> None:
    mirrored = placed(record, Placement(mirror=True), SIZE, symmetry_of(load("default")))
    before, after = MapsTarget(SIZE)(record), MapsTarget(SIZE)(mirrored)
    assert torch.equal(after["rgb"], before["rgb"].flip(-1)) and torch.equal(after["mask"], before["mask"].flip(-1))
    sign = torch.tensor([-1.0, 1.0, 1.0]).view(3, 1, 1)
    assert torch.equal(after["position_mm"], before["position_mm"].flip(-1) * sign)
    assert torch.equal(after["normals"], before["normals"].flip(-1) * sign)
