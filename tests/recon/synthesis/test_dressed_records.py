"""Parts over a head: they own their pixels, hide nothing of the amodal face, and panes let the light through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recon.faces.default import load_default
from recon.faces.model import REGIONS
from recon.people.part import Part
from recon.synthesis import render_record as module
from recon.synthesis.record import Record
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE = 64
OBJECT = REGIONS.index("object")


def board(x_mm: float = 0.0, half_mm: float = 40.0, z_mm: float = 90.0, transmission: float = 0.0) -> Part:
    """A square board before the face, seen from the front."""
    corners = torch.tensor([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]])
    vertices = corners * half_mm + torch.tensor([x_mm, -20.0, z_mm])
    triangles = torch.tensor([[0, 1, 2], [0, 2, 3]], dtype=torch.int32)
    forward = torch.tensor([0.0, 0.0, 1.0]).expand(4, 3)
    albedo = torch.full((4, 3), 0.9 if transmission else 0.02)
    return Part(OBJECT, vertices, triangles, forward, albedo, torch.zeros(4, 3), 0.0, 0.5, transmission)


@pytest.fixture
def rendered(monkeypatch):
    """Renders a scene, the same but for the parts given."""
    model = load_default(0)
    scene = draw_scene(model, 3, 0, SceneConfig(yaw_max_deg=5))
    scene = replace(scene, response=replace(scene.response, noise=0.0))

    def render(*parts: Part) -> Record:
        monkeypatch.setattr(module, "parts_of", lambda model, vertices, dress: list(parts))
        return module.render_record(model, scene, SIZE)

    return render


def test_an_opaque_part_owns_its_pixels_and_the_amodal_face_stays(rendered) -> None:
    bare, covered = rendered(), rendered(board())
    board_pixels = covered.region == OBJECT
    assert board_pixels.sum() > 100
    assert not covered.mask[board_pixels].any() and bare.mask[board_pixels].any()
    assert np.array_equal(covered.mask, bare.mask & ~board_pixels)
    assert np.isnan(covered.correspondence[board_pixels]).all()
    assert np.nanmax(np.ptp(covered.position_mm[board_pixels][:, 2])) < 25  # a tilted plane, nearer than the face
    for name in ("amodal_mask", "amodal_position_mm", "amodal_correspondence"):
        assert np.array_equal(getattr(covered, name), getattr(bare, name), equal_nan=True)
    assert np.array_equal(bare.amodal_mask, bare.mask)
    assert covered.landmarks_visible.sum() < bare.landmarks_visible.sum()


def test_the_face_beside_a_part_keeps_its_labels(rendered) -> None:
    bare, covered = rendered(), rendered(board())
    kept = covered.mask
    for name in ("position_mm", "correspondence", "normals", "uv"):
        assert np.array_equal(getattr(covered, name)[kept], getattr(bare, name)[kept])


def test_a_part_behind_the_head_hides_nothing(rendered) -> None:
    bare, behind = rendered(), rendered(board(z_mm=-300.0, half_mm=20.0))
    assert np.array_equal(bare.region, behind.region)


def test_a_pane_changes_the_light_and_no_label(rendered) -> None:
    bare, through = rendered(), rendered(board(transmission=0.5))
    for name in ("mask", "region", "position_mm", "landmarks_visible"):
        assert np.array_equal(getattr(bare, name), getattr(through, name), equal_nan=name == "position_mm")
    seen = bare.mask.copy()
    assert through.rgb[seen].mean() < bare.rgb[seen].mean() - 10
    assert np.array_equal(bare.rgb[:4, :4], through.rgb[:4, :4])  # away from the pane nothing changes
