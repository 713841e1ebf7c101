from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from recon.faces import load
from recon.faces.atlas_map import atlas_map
from recon.methods.prnet.config import PRNetConfig
from recon.methods.prnet.difference import map_difference
from recon.methods.prnet.geometry import PositionGeometry, geometry_of, mm_per_px, spread, template
from recon.methods.prnet.network import PRNet
from recon.methods.prnet.reading import reading_of
from recon.people.wardrobe import DressConfig
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.targets import UvPositionTarget
from recon.synthesis.targets.pixels import vertices_px

SIZE = 128
PLAIN = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0)
SMALL = PRNetConfig(64, (8, 16, 16, 32, 32, 32), 2, "group", "bilinear")


@pytest.fixture(scope="module")
def record() -> Record:
    model = load("default")
    return render_record(model, draw_scene(model, 5, 3, PLAIN), SIZE)


@pytest.fixture(scope="module")
def position_map(record: Record) -> Tensor:
    return UvPositionTarget(SIZE)(record)["uv_position"][None]


@pytest.fixture(scope="module")
def geometry(position_map: Tensor) -> PositionGeometry:
    return geometry_of(position_map, SIZE)


def test_the_true_map_gives_the_true_landmarks_and_maps(record: Record, geometry: PositionGeometry) -> None:
    assert geometry.landmarks is not None
    np.testing.assert_allclose(geometry.landmarks.pixels[0], record.landmarks_px, atol=0.05)
    assert (geometry.landmarks.visible[0].bool().numpy() == record.landmarks_visible).mean() > 0.9
    mask = geometry.mask[0, 0].bool().numpy()
    both = mask & record.mask
    assert both.sum() > 0.97 * (mask | record.mask).sum()
    place = geometry.correspondence[0].permute(1, 2, 0).numpy()[both]
    assert np.median(np.abs(place - record.correspondence[both])) < 5e-4
    position = geometry.position_mm[0].permute(1, 2, 0).numpy()[both]
    scale = (position * record.position_mm[both]).sum() / (position**2).sum()
    assert 0.8 < scale < 1.25  # the rule knows the mean face alone
    away = np.linalg.norm(scale * position - record.position_mm[both], axis=1)
    assert np.median(away) < 2.0  # what parallel rays cost


def test_the_mesh_lies_where_the_camera_sees_it_and_has_the_mean_faces_size(
    record: Record, position_map: Tensor, geometry: PositionGeometry
) -> None:
    mesh, one, reading = geometry.mesh, template(), reading_of(SIZE)
    assert mesh is not None and mesh.topology == "default" and mesh.told is not None
    assert mesh.vertices_mm.shape == (1, len(one.mean), 3) and mesh.vertices_mm.isfinite().all()
    truth = vertices_px(record)[one.ids, :2]
    away = np.linalg.norm(mesh.pixels[0, one.ids].numpy() - truth, axis=1)
    as_read = np.linalg.norm(reading(position_map)[0, one.rows, :2].numpy() - truth, axis=1)
    assert np.median(away) < 0.05 and np.percentile(away, 90) < 0.5 * np.percentile(as_read, 90)
    assert mesh.told.sum() == len(one.ids) and mesh.told[one.ids].all()
    vertices = mesh.vertices_mm[:, reading.vertices][:, one.sized]
    assert float(spread(vertices)) == pytest.approx(one.size_mm, rel=1e-4)
    assert mesh.vertices_mm[0, load("default").landmarks[27]].abs().max() < 1e-4
    torch.testing.assert_close(mm_per_px(2 * reading(position_map)), mm_per_px(reading(position_map)) / 2)


def test_a_larger_picture_of_the_same_map(position_map: Tensor, geometry: PositionGeometry) -> None:
    larger = geometry_of(position_map, 2 * SIZE)
    assert larger.mesh is not None and geometry.mesh is not None and larger.landmarks is not None
    torch.testing.assert_close(larger.mesh.pixels, 2 * geometry.mesh.pixels)
    torch.testing.assert_close(larger.mesh.vertices_mm, geometry.mesh.vertices_mm)
    assert larger.mask.shape[-1] == 2 * SIZE
    assert float(larger.mask.mean()) == pytest.approx(float(geometry.mask.mean()), rel=0.02)


def test_a_reading_takes_linear_maps_exactly_and_landmarks_from_their_own_pixels() -> None:
    reading = reading_of(64)
    line = torch.arange(64) + 0.5
    maps = torch.stack([line.expand(64, 64), line[:, None].expand(64, 64)])[None]
    found, model = reading(maps)[0], load("default")
    places = torch.from_numpy(atlas_map(model, 64).places[reading.vertices.numpy()]).float()
    others = torch.ones(len(places), dtype=torch.bool)
    others[reading.landmarks] = False
    torch.testing.assert_close(found[others], places[others], atol=1e-3, rtol=0)
    assert (found[reading.landmarks] - places[reading.landmarks]).abs().max() <= 0.5 + 1e-3


def test_the_difference_of_a_shift_is_its_share_of_half_a_face(position_map: Tensor) -> None:
    unit = float(100 / mm_per_px(reading_of(SIZE)(position_map)))  # px
    moved = position_map + torch.tensor([0.0, 0.3 * unit, -0.2 * unit]).view(3, 1, 1)
    assert float(map_difference(position_map, moved)) == pytest.approx(0.5, rel=1e-4)
    assert float(map_difference(position_map, position_map)) == 0
    doubled = torch.full((1, 1, SIZE, SIZE), 2.0)
    assert float(map_difference(position_map, moved, doubled)) == pytest.approx(1.0, rel=1e-4)
    left = torch.zeros(1, 1, SIZE, SIZE)
    left[..., : SIZE // 2] = 1
    assert 0.1 < float(map_difference(position_map, moved, left)) < 0.4


def test_mesh_landmarks_and_difference_are_differentiable_in_the_map(position_map: Tensor) -> None:
    torch.manual_seed(0)
    before = position_map.double()
    at = (before + torch.randn_like(before)).requires_grad_()
    direction = torch.randn_like(at)

    def found(at: Tensor) -> Tensor:
        seen = geometry_of(at, SIZE)
        assert seen.mesh is not None and seen.landmarks is not None
        told = seen.mesh.vertices_mm[:, template().ids]
        return map_difference(before, at) + told.square().mean() / 100 + seen.landmarks.pixels.square().mean() / 100

    (gradient,) = torch.autograd.grad(found(at), at)
    with torch.no_grad():
        slope = (found(at + 1e-4 * direction) - found(at - 1e-4 * direction)) / 2e-4
    assert float((gradient * direction).sum()) == pytest.approx(float(slope), rel=0.01)


def test_l_geom_has_a_gradient_in_the_image() -> None:
    network, image = PRNet(SMALL).freeze(), torch.rand(2, 3, 64, 64, requires_grad=True)
    before = network.predict(torch.rand(2, 3, 64, 64))
    network.difference(before, network.predict(image), {"mask": torch.ones(2, 1, 64, 64)}).backward()
    assert image.grad is not None and image.grad.isfinite().all() and (image.grad != 0).float().mean() > 0.9


def test_predict_sees_other_square_sizes_at_the_networks() -> None:
    network = PRNet(SMALL).freeze()
    seen = network.predict(torch.rand(2, 3, 96, 96))
    assert seen.mask.shape == (2, 1, 96, 96) and seen.position_map.shape == (2, 3, 64, 64)
    assert seen.ambiguity == "scale" and not seen.position_mm.requires_grad
