from __future__ import annotations

import torch

from recon.faces import load
from recon.synthesis.record import Record
from recon.synthesis.targets import MeshTarget

SIZE = 64


def test_the_mesh_projects_to_the_landmarks(record: Record) -> None:
    sample = MeshTarget(SIZE)(record)
    marks = load("default").landmarks
    places = sample["vertices_mm"][marks] + torch.from_numpy(record.origin_mm)
    u = sample["centre_px"][0] - sample["focal_px"] * places[:, 0] / places[:, 2]
    assert torch.allclose(u, sample["landmarks_px"][:, 0], atol=0.02)
    assert set(sample) == set(MeshTarget(SIZE).fields)
