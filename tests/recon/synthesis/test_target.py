from __future__ import annotations

import numpy as np
import pytest
import torch

from recon.faces import load
from recon.faces.symmetry import symmetry_of
from recon.synthesis.placement import Placement, placed
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.target import HeatMapTarget, MapsTarget, MeshTarget

SIZE = 64


@pytest.fixture(scope="module")
def record() -> Record:
    model = load("default")
    return render_record(model, draw_scene(model, 3, 1, SceneConfig()), SIZE)


def test_maps_are_the_records_inside_the_mask(record: Record) -> None:
    sample = MapsTarget(SIZE)(record)
    mask = record.mask
    for name, values in (("position_mm", record.position_mm), ("correspondence", record.correspondence)):
        assert np.array_equal(sample[name].permute(1, 2, 0).numpy()[mask], values[mask])
        assert not sample[name][:, ~mask].any()
    assert np.array_equal(sample["rgb"].permute(1, 2, 0).numpy(), record.rgb / np.float32(255))
    amodal = MapsTarget(SIZE, amodal=True)(record)
    assert np.array_equal(amodal["mask"][0].numpy() > 0, record.amodal_mask) and amodal["mask"].sum() > mask.sum()
    assert np.array_equal(amodal["visible"][0].numpy() > 0, record.mask)


def test_a_mirrored_record_gives_mirrored_maps(record: Record) -> None:
    mirrored = placed(record, Placement(mirror=True), SIZE, symmetry_of(load("default")))
    before, after = MapsTarget(SIZE)(record), MapsTarget(SIZE)(mirrored)
    assert torch.equal(after["rgb"], before["rgb"].flip(-1)) and torch.equal(after["mask"], before["mask"].flip(-1))
    sign = torch.tensor([-1.0, 1.0, 1.0]).view(3, 1, 1)
    assert torch.equal(after["position_mm"], before["position_mm"].flip(-1) * sign)
    assert torch.equal(after["normals"], before["normals"].flip(-1) * sign)


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


def test_the_mesh_projects_to_the_landmarks(record: Record) -> None:
    sample = MeshTarget(SIZE)(record)
    marks = load("default").landmarks
    places = sample["vertices_mm"][marks] + torch.from_numpy(record.origin_mm)
    u = sample["centre_px"][0] - sample["focal_px"] * places[:, 0] / places[:, 2]
    assert torch.allclose(u, sample["landmarks_px"][:, 0], atol=0.02)
    assert set(sample) == set(MeshTarget(SIZE).fields)
