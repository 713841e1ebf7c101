from __future__ import annotations

import numpy as np
import pytest
import torch
import trimesh
from torch import Tensor

from recon.faces import load
from recon.faces.outer import closed_head
from recon.geometry.closest_points import closest_points
from recon.methods.mesh_maps import spread
from recon.methods.vrn.config import VRNConfig
from recon.methods.vrn.difference import volume_difference
from recon.methods.vrn.geometry import VolumeGeometry, drawn
from recon.methods.vrn.heat_maps import gaussians
from recon.methods.vrn.network import VRN
from recon.methods.vrn.surface import isosurface
from recon.methods.vrn.training import target
from recon.people.wardrobe import DressConfig
from recon.synthesis.placement import Placement, placed
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.targets.pixels import vertices_px

SIZE = 128
PLAIN = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0)
CONFIG = VRNConfig(SIZE, 64, 64, 1.25, "plain", 64, 4, 7, "group")
SMALL = VRNConfig(64, 32, 32, 1.25, "plain", 16, 2, 3, "group")


@pytest.fixture(scope="module")
def record() -> Record:
    """Turned to the side, tilted and a little small."""
    model = load("default")
    one = render_record(model, draw_scene(model, 7, 2, PLAIN), SIZE)
    return placed(one, Placement(rotation_rad=np.radians(20), zoom=0.9, shift=(0.03, -0.02)), SIZE)


@pytest.fixture(scope="module")
def sample(record: Record) -> dict[str, Tensor]:
    return target(CONFIG, False)(record)


@pytest.fixture(scope="module")
def geometry(sample: dict[str, Tensor]) -> VolumeGeometry:
    return VolumeGeometry(40 * sample["volume"][None].float() - 20, None, CONFIG, SIZE)


def test_the_isosurface_lies_within_a_voxel_of_the_head(record: Record, sample: dict[str, Tensor]) -> None:
    surface = isosurface(sample["volume"].numpy().astype(np.float32), CONFIG)
    assert surface is not None
    head = vertices_px(record) * (1, -1, 1) - (0, 0, float(sample["front_px"]))
    vertices, faces, *_ = trimesh.remesh.subdivide_to_size(head, closed_head(load("default")), 4.0)
    inner = ~surface.border
    off = closest_points(surface.vertices[inner], vertices, faces, candidates=32).distance
    assert len(off) > 3000 and off.max() < CONFIG.coarser and off.mean() < 0.35 * CONFIG.coarser
    facing = surface.normals[surface.vertices[:, 2] > surface.vertices[:, 2].max() - 10]
    assert facing[:, 2].mean() > 0.3


def test_the_true_volume_gives_the_true_mesh_and_maps(record: Record, geometry: VolumeGeometry) -> None:
    model = load("default")
    truth, face = vertices_px(record), drawn().sized.numpy()
    away = np.linalg.norm(geometry.mesh.pixels[0].numpy() - truth[:, :2], axis=1)[face]
    assert away.mean() < CONFIG.coarser and np.percentile(away, 95) < 2.5 * CONFIG.coarser
    assert geometry.mesh.told is not None and geometry.mesh.told[load("default").landmarks].all()
    vertices = geometry.mesh.vertices_mm[0].double()
    assert float(spread(vertices[drawn().sized])) == pytest.approx(drawn().size_mm, rel=1e-4)
    assert vertices[model.landmarks[27]].abs().max() < 1e-4
    mask = geometry.mask[0, 0].bool().numpy()
    assert (mask & record.mask).sum() > 0.9 * (mask | record.mask).sum()
    both = mask & record.mask
    place = geometry.correspondence[0].permute(1, 2, 0).numpy()[both]
    assert np.median(np.abs(place - record.correspondence[both])) < 0.02
    assert geometry.landmarks.pixels.shape == (1, 68, 2)
    assert (geometry.landmarks.visible[0].bool().numpy() == record.landmarks_visible).mean() > 0.85


def test_landmarks_that_the_network_sees_help_the_mesh(
    record: Record, sample: dict[str, Tensor], geometry: VolumeGeometry
) -> None:
    marks = sample["landmarks_px"][None]
    heat = gaussians(marks / CONFIG.coarser, CONFIG.volume, 1.0).clamp_min(1e-9).log()
    guided = VolumeGeometry(geometry.volume, heat, CONFIG, 2 * SIZE)
    torch.testing.assert_close(guided.landmarks.pixels, 2 * marks, atol=0.3, rtol=0)
    ids = load("default").landmarks
    own, plain = (one.mesh.pixels[0, ids] / scale for one, scale in ((guided, 2), (geometry, 1)))
    assert (own - marks[0]).norm(dim=1).mean() < (plain - marks[0]).norm(dim=1).mean()
    assert guided.mask.shape[-1] == 2 * SIZE


def test_where_there_is_no_head_places_are_nan_and_the_mask_is_empty() -> None:
    torch.manual_seed(0)
    empty, blob = torch.full((64, 64, 64), -9.0), torch.full((64, 64, 64), -9.0)
    blob[20:30, 20:30, 20:30] = 9
    found = VolumeGeometry(torch.stack([empty, blob]), None, CONFIG, SIZE)
    assert found.mesh.vertices_mm.isnan().all() and not found.mask.any() and not found.landmarks.visible.any()


def test_the_difference_is_the_share_of_the_head_that_changed() -> None:
    before = torch.full((1, 20, 16, 16), -20.0)
    before[:, 5:15, 4:12, 4:12] = 20
    half = before.roll(5, 1)  # by half its depth
    assert float(volume_difference(before, before)) == pytest.approx(0, abs=1e-5)
    assert float(volume_difference(before, half)) == pytest.approx(1, rel=1e-4)
    left = torch.zeros(1, 1, 32, 32)
    left[..., :16] = 2
    assert float(volume_difference(before, half, left)) == pytest.approx(1, rel=1e-4)
    assert float(volume_difference(before, half, left.flip(-1) * 0)) == 0


def test_l_geom_has_the_gradient_that_small_steps_have() -> None:
    torch.manual_seed(0)
    network = VRN(SMALL).freeze()
    before = network.predict(torch.rand(2, 3, 64, 64))
    labels = {"mask": torch.ones(2, 1, 64, 64)}
    image = torch.rand(2, 3, 64, 64, requires_grad=True)

    def found(at: Tensor) -> Tensor:
        return network.difference(before, network.predict(at), labels)

    (gradient,) = torch.autograd.grad(found(image), image)
    assert (gradient != 0).float().mean() > 0.9
    direction = gradient / gradient.norm()
    with torch.no_grad():
        slope = (found(image + 0.02 * direction) - found(image - 0.02 * direction)) / 0.04
    assert float((gradient * direction).sum()) == pytest.approx(float(slope), rel=0.1)
