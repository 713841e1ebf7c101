from __future__ import annotations

import numpy as np
import pytest
import trimesh

from recon.faces import load
from recon.faces.outer import closed_head, eyeballs_of, labelled, outer_skin
from recon.geometry.parameterization import boundary_loops


def test_the_skin_is_open_at_eyes_mouth_and_neck_alone() -> None:
    model = load("default")
    skin, mean = outer_skin(model), model.mean.numpy()
    middles = sorted(mean[loop].mean(0).round().tolist() for loop in boundary_loops(skin))
    assert [x for x, _, _ in middles] == [-33, 0, 0, 33]
    assert sorted(y for x, y, _ in middles if x == 0) == [-152, -73]
    assert not labelled(model, "mouth_inside", "eyes", "teeth", "clothes")[skin].any()
    assert {"ears", "scalp", "neck"} == {
        name for name in ("ears", "scalp", "neck") if labelled(model, name)[skin].any()
    }


def test_the_head_is_closed_and_holds_what_a_head_does() -> None:
    model = load("default")
    triangles = closed_head(model)
    assert not boundary_loops(triangles)
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    assert len(np.unique(edges, axis=0)) == len(edges)  # no edge is walked twice: one surface, one side outside
    head = trimesh.Trimesh(model.mean.numpy(), triangles, process=False)
    assert head.is_watertight and 3.5e6 < head.volume < 5.5e6  # mm3, with the neck


def test_eyeballs_come_from_low_x_to_high() -> None:
    model = load("default")
    assert [round(float(model.mean[ids, 0].mean())) for ids in eyeballs_of(model)] == [-31, 31]


@pytest.mark.parametrize("name", ["skin", "lips"])
def test_labelled_vertices_are_those_of_the_regions(name: str) -> None:
    model = load("default")
    assert labelled(model, name).sum() > 500 and not (labelled(model, name) & labelled(model, "ears")).any()
