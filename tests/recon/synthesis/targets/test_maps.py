from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from recon.faces import load
from recon.faces.model import REGIONS
from recon.faces.parsing import CLASSES
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
    assert np.array_equal(amodal["visible"][0].numpy() > 0, mask)


def test_a_mirrored_record_gives_mirrored_maps(record: Record) -> None:
    mirrored = placed(record, Placement(mirror=True), SIZE, symmetry_of(load("default")))
    before, after = MapsTarget(SIZE)(record), MapsTarget(SIZE)(mirrored)
    assert torch.equal(after["rgb"], before["rgb"].flip(-1)) and torch.equal(after["mask"], before["mask"].flip(-1))
    sign = torch.tensor([-1.0, 1.0, 1.0]).view(3, 1, 1)
    assert torch.equal(after["position_mm"], before["position_mm"].flip(-1) * sign)
    assert torch.equal(after["normals"], before["normals"].flip(-1) * sign)


def test_coarser_maps_are_means_of_the_pixels_that_they_hold(record: Record) -> None:
    fine, coarse = MapsTarget(SIZE, parser=True)(record), MapsTarget(SIZE, parser=True, coarser=2)(record)
    assert torch.equal(fine["rgb"], coarse["rgb"]) and coarse["mask"].shape == (1, SIZE // 2, SIZE // 2)
    share = F.avg_pool2d(fine["mask"], 2)
    assert torch.equal(coarse["mask"], (share >= 0.5).float())
    whole = (share == 1).expand(3, -1, -1)
    for name in ("position_mm", "correspondence", "normals"):
        means = F.avg_pool2d(fine[name], 2)
        assert torch.allclose(coarse[name][whole], means[whole], atol=1e-4)
        assert not coarse[name][:, coarse["mask"][0] == 0].any()


def test_classes_are_the_regions_put_together(record: Record) -> None:
    sample = MapsTarget(SIZE, parser=True)(record)
    hair, skin = (sample["classes"][0].numpy() == CLASSES.index(name) for name in ("hair", "skin"))
    region = record.region
    assert np.array_equal(hair, np.isin(region, [REGIONS.index(name) for name in ("hair", "scalp")]))
    assert np.array_equal(skin, np.isin(region, [REGIONS.index(name) for name in ("skin", "ears", "neck")]))
    assert np.array_equal(sample["amodal_mask"][0].numpy() > 0, record.amodal_mask)
    coarse = MapsTarget(SIZE, parser=True, coarser=2)(record)["classes"][0].numpy()
    blocks = sample["classes"][0].numpy().reshape(SIZE // 2, 2, SIZE // 2, 2).transpose(0, 2, 1, 3).reshape(-1, 4)
    agree = (blocks == coarse.reshape(-1, 1)).sum(1)
    assert (agree >= 1).all() and (agree[(blocks == blocks[:, :1]).all(1)] == 4).all()
    assert all(agree[i] >= 2 for i in np.flatnonzero((np.sort(blocks)[:, 1:] == np.sort(blocks)[:, :-1]).any(1)))
