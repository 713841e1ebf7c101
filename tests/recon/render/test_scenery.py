"""Joining a head with parts: places, counts and what is a pane."""

from __future__ import annotations

import torch

from recon.faces.default import load_default
from recon.people.part import Part
from recon.render.scenery import panes_of, scenery_of


def board(x_mm: float = 0.0, transmission: float = 0.0) -> Part:
    corners = torch.tensor([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]])
    triangles = torch.tensor([[0, 1, 2], [0, 2, 3]], dtype=torch.int32)
    forward = torch.tensor([0.0, 0.0, 1.0]).expand(4, 3)
    vertices = corners * 40 + torch.tensor([x_mm, 0.0, 90.0])
    return Part(3, vertices, triangles, forward, torch.full((4, 3), 0.9), torch.zeros(4, 3), 0.0, 0.5, transmission)


def test_joining_poses_the_parts_and_counts_the_head() -> None:
    model = load_default(0)
    turn = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    shift = torch.tensor([1.0, 2.0, -600.0])
    scenery = scenery_of(
        model, model.mean @ turn.T + shift, [board(), board(transmission=0.5), board(5.0)], turn, shift
    )
    assert len(scenery.vertices) == len(model.mean) + 8 and scenery.head_vertices == len(model.mean)
    assert torch.equal(scenery.vertices[-4:], board(5.0).vertices @ turn.T + shift)
    assert scenery.triangles[-4:].min() == len(model.mean) and scenery.triangles.max() == len(model.mean) + 7
    assert not scenery.face[scenery.head_triangles :].any() and len(scenery.coat) == 8
    assert torch.allclose(scenery.normals[-1], turn[:, 2])
    panes = panes_of([board(), board(transmission=0.5)], turn, shift)
    assert panes is not None and torch.allclose(panes.tint, torch.tensor(0.45)) and len(panes.triangles) == 2
    assert panes_of([board()], turn, shift) is None
