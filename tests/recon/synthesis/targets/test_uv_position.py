from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.faces import load
from recon.faces.atlas_map import atlas_map, landmark_pixels
from recon.faces.model import REGIONS
from recon.faces.symmetry import symmetry_of
from recon.synthesis.placement import Placement, placed
from recon.synthesis.record import Record
from recon.synthesis.targets import UvPositionTarget
from recon.synthesis.targets.pixels import vertices_px
from recon.synthesis.targets.uv_position import uv_weight

SIZE = 64
TURNED = Placement(rotation_rad=np.radians(40.0), zoom=1.15, shift=(0.04, -0.1))


@pytest.mark.parametrize("size", [SIZE, 256])
def test_vertices_make_the_map_and_the_map_the_vertices(record: Record, size: int) -> None:
    """The map comes again everywhere to 0.05 px, and vertices that have pixels, the landmarks among them."""
    model = load("default")
    seen = placed(record, Placement(), size)
    position = UvPositionTarget(size)(seen)["uv_position"].numpy()
    grid, truth = atlas_map(model, size), vertices_px(seen)
    found = grid.at_vertices(np.moveaxis(position, 0, -1))
    again = np.moveaxis(grid.rasterised(np.nan_to_num(found)), -1, 0)
    assert np.abs(again - position).max() < 0.05
    if size == 256:
        off = np.linalg.norm(found - truth, axis=1)
        assert np.median(off[grid.vertices]) < 0.01 and np.percentile(off[grid.vertices], 90) < 0.5
        assert off[model.landmarks].max() < 0.05


def test_x_and_y_are_where_the_camera_sees_landmarks_and_z_is_depth_in_their_unit(record: Record) -> None:
    marks, pixel_mm = load("default").landmarks, float(-record.origin_mm[2]) / record.focal_px
    places = vertices_px(record)[marks]
    position = UvPositionTarget(256)(placed(record, Placement(), 256))["uv_position"].numpy()
    pixel, which = landmark_pixels(atlas_map(load("default"), 256).places[marks], 256)
    assert set(which) == set(range(68))
    np.testing.assert_allclose(position.reshape(3, -1)[:2, pixel].T, 4 * record.landmarks_px[which], atol=0.08)
    np.testing.assert_allclose(places[:, :2], record.landmarks_px, atol=0.02)
    np.testing.assert_allclose(places[:, 2] * pixel_mm, record.landmarks_mm[:, 2], atol=0.02)
    assert abs(places[27, 2]) < 1e-3


@pytest.mark.parametrize("size", [SIZE, 48])
def test_a_moved_record_gives_the_moved_places(record: Record, size: int) -> None:
    before = UvPositionTarget(size)(placed(record, Placement(), size))["uv_position"]
    after = UvPositionTarget(size)(placed(record, TURNED, size))["uv_position"]
    cosine, sine = np.cos(TURNED.rotation_rad), np.sin(TURNED.rotation_rad)
    turn = TURNED.zoom * torch.tensor([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]], dtype=torch.float32)
    middle = torch.tensor([size / 2, size / 2, 0]).view(3, 1, 1)
    shift = torch.tensor([*TURNED.shift, 0]).view(3, 1, 1) * size
    expected = torch.einsum("ij,jrc->irc", turn, before - middle) + middle + shift
    torch.testing.assert_close(after, expected, atol=1e-3, rtol=0)


def test_a_mirrored_record_gives_the_mirrored_atlas_with_x_mirrored(record: Record) -> None:
    target, symmetry = UvPositionTarget(SIZE), symmetry_of(load("default"))
    before, after = target(record), target(placed(record, Placement(mirror=True), SIZE, symmetry))
    expected = before["uv_position"].flip(-1) * torch.tensor([-1.0, 1, 1]).view(3, 1, 1)
    expected[0] += SIZE
    torch.testing.assert_close(after["uv_position"], expected, atol=1e-3, rtol=0)
    assert torch.equal(after["uv_weight"], before["uv_weight"].flip(-1))


def test_weights_are_those_of_the_regions(record: Record) -> None:
    model = load("default")
    weight = UvPositionTarget(256)(placed(record, Placement(), 256))["uv_weight"][0].numpy()
    assert set(np.unique(weight)) == {0.0, 3.0, 4.0, 16.0}
    grid = atlas_map(model, 256)
    column, row = np.floor(grid.places[model.landmarks]).astype(int).T
    assert (weight[row, column] == 16).all() and (weight == 16).sum() == 68 + 10  # ten lie between two pixels
    assert (weight[-1] == 0).all() and (weight[0] == 3).all()  # the neck, the forehead
    eye = np.flatnonzero(model.region.numpy()[grid.vertices] == 4)
    column, row = np.floor(grid.places[grid.vertices[eye]]).astype(int).T
    assert (weight[row, column] >= 4).all()
    assert set(np.unique(uv_weight("default", SIZE, (1.0, 1.0, 1.0, 1.0)))) == {1.0}


def test_a_model_without_a_neck_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    model = load("default")
    skin = torch.where(model.region == REGIONS.index("neck"), REGIONS.index("skin"), model.region)
    monkeypatch.setattr("recon.synthesis.targets.uv_position.load", lambda name: replace(model, region=skin))
    with pytest.raises(UserError, match="'neckless' has no neck"):
        uv_weight("neckless", 48, (16.0, 4.0, 3.0, 0.0))
    assert uv_weight("neckless", 48, (16.0, 4.0, 3.0, 3.0)).min() == 3


def test_another_model_s_record_is_refused(record: Record) -> None:
    with pytest.raises(UserError, match="'other'"):
        UvPositionTarget(SIZE)(replace(record, model="other"))
