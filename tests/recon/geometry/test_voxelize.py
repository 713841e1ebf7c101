from __future__ import annotations

import numpy as np
import pytest
import torch
import trimesh

from recon.geometry.voxelize import signed_crossings, voxelize


def ball(radius: float, centre: tuple[float, float, float], seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, float]:
    """A turned sphere as columns, rows, layers, its triangles seen from outside, its volume."""
    sphere = trimesh.creation.icosphere(4, radius)
    sphere.apply_transform(trimesh.transformations.random_rotation_matrix(np.random.default_rng(seed).random(3)))
    volume = float(sphere.volume)
    places = np.asarray(sphere.vertices) * (1, -1, -1) + centre  # rows run downward, layers away from the viewer
    return torch.from_numpy(places), torch.from_numpy(np.asarray(sphere.faces).copy()), volume


@pytest.mark.parametrize("seed", range(3))
def test_a_sphere_has_its_volume_and_place(seed: int) -> None:
    points, triangles, volume = ball(20.3, (31.7, 30.1, 25.4), seed)
    found = voxelize(points, triangles, (52, 60, 64))
    assert found.shape == (52, 60, 64) and found.dtype == torch.bool
    assert float(found.sum()) == pytest.approx(volume, rel=0.01)
    layer, row, column = (found.nonzero().double().mean(0) + 0.5).tolist()
    assert (column, row, layer) == pytest.approx((31.7, 30.1, 25.4), abs=0.05)


def test_a_box_between_centres_is_exact() -> None:
    box = trimesh.creation.box((4.0, 6.0, 8.0))
    points = torch.from_numpy(np.asarray(box.vertices) * (1, -1, -1) + (5, 6, 7))
    expected = torch.zeros(12, 12, 12, dtype=torch.bool)
    expected[3:11, 3:9, 3:7] = True
    assert torch.equal(voxelize(points, torch.from_numpy(np.asarray(box.faces).copy()), (12, 12, 12)), expected)


def test_rays_along_edges_and_through_corners_are_counted_once() -> None:
    """A box whose sides and diagonals run through voxels' centres: each ray is closed, and one of two sides owned."""
    box = trimesh.creation.box((4.0, 4.0, 4.0))
    points = torch.from_numpy(np.asarray(box.vertices) * (1, -1, -1) + 4.5)
    triangles = torch.from_numpy(np.asarray(box.faces).copy())
    assert not signed_crossings(points, triangles, (9, 9, 9)).sum(-1).any()
    assert int(voxelize(points, triangles, (9, 9, 9)).any(0).sum()) == 16


def test_bodies_may_overlap() -> None:
    shape, one, other = (40, 40, 40), ball(9, (15, 18, 20)), ball(9, (22, 20, 18), 1)
    both = torch.cat([one[0], other[0]]), torch.cat([one[1], other[1] + len(one[0])])
    assert torch.equal(voxelize(*both, shape), voxelize(*one[:2], shape) | voxelize(*other[:2], shape))


def test_what_lies_outside_of_the_grid_is_cut_off() -> None:
    points, triangles, _ = ball(12, (20, 20, 20))
    whole = voxelize(points, triangles, (40, 40, 40))
    cut = voxelize(points - 12, triangles, (20, 18, 16))
    assert torch.equal(cut, whole[12:32, 12:30, 12:28])
