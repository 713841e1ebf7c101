from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import trimesh
from skimage.measure import marching_cubes

from recon.errors import UserError
from recon.faces import load
from recon.faces.outer import closed_head
from recon.faces.symmetry import symmetry_of
from recon.geometry.closest_points import closest_points
from recon.geometry.voxelize import signed_crossings
from recon.synthesis.placement import Placement, placed
from recon.synthesis.record import Record
from recon.synthesis.targets import VolumeTarget
from recon.synthesis.targets.pixels import vertices_px
from recon.synthesis.targets.volume import from_the_front

SIZE = 64
TARGET = VolumeTarget(SIZE, depth=64, layer_px=1.0)


def test_each_ray_leaves_the_head_as_often_as_it_enters(record: Record) -> None:
    points = torch.from_numpy(vertices_px(record) * (1, 1, -1) + (0, 0, 100))
    counts = signed_crossings(points, torch.from_numpy(closed_head(load("default"))), (200, SIZE, SIZE))
    assert not counts.sum(-1).any() and counts.any(-1).sum() > SIZE**2 / 4


@pytest.mark.parametrize(("depth", "layer_px"), [(64, 1.0), (100, 0.5)])
def test_the_isosurface_lies_within_a_voxel_of_the_mesh(record: Record, depth: int, layer_px: float) -> None:
    sample = VolumeTarget(SIZE, depth, layer_px)(record)
    padded = np.pad(sample["volume"].numpy(), 1, mode="edge").astype(np.float32)
    layer, row, column = marching_cubes(padded, 0.5)[0].T - 1  # in voxels' numbers, their centres at whole ones
    places = np.column_stack([column + 0.5, row + 0.5, float(sample["front_px"]) - (layer + 0.5) * layer_px])
    inner = (places[:, :2] > 1).all(1) & (places[:, :2] < SIZE - 1).all(1) & (layer < depth - 1)
    head = trimesh.Trimesh(vertices_px(record), closed_head(load("default")), process=False)
    near = head.subdivide_to_size(2.0)  # the strip across the neck has long triangles
    off = closest_points(places[inner], near.vertices, near.faces, candidates=32).distance
    assert len(off) > 5000 and off.max() < 1 and off.mean() < 0.35


def test_layers_are_counted_from_the_viewer_and_eyes_and_mouth_are_filled(record: Record) -> None:
    volume, front = TARGET(record)["volume"].numpy(), float(TARGET(record)["front_px"])
    assert not volume[:3].any() and volume[4].any()  # 0.05 of the depth ahead
    places = vertices_px(record)[load("default").landmarks]
    for one in (30, 57, 66, 37, 46):  # nose, lips, lids: three voxels behind them
        column, row = np.floor(places[one, :2]).astype(int)
        assert volume[int(front - places[one, 2]) + 3, row, column]
    filled = volume[:, 20:44, 24:40].astype(int)  # the middle of the face: nothing hollow behind the surface
    assert (np.diff(filled[: SIZE * 2 // 3], axis=0) >= 0).mean() > 0.999


def test_a_mirrored_record_gives_the_mirrored_volume(record: Record) -> None:
    before = TARGET(record)["volume"]
    after = TARGET(placed(record, Placement(mirror=True), SIZE, symmetry_of(load("default"))))["volume"]
    assert (after != before.flip(-1)).sum() < 2e-3 * before.sum()  # quads are split along other diagonals


def test_a_quarter_turn_turns_the_volume(record: Record) -> None:
    before = TARGET(record)["volume"]
    after = TARGET(placed(record, Placement(rotation_rad=np.pi / 2), SIZE))["volume"]
    assert (after != torch.rot90(before, 1, (1, 2))).sum() < 1e-3 * before.sum()


def test_a_moved_record_gives_the_moved_volume(record: Record) -> None:
    """New voxels' centres are looked up in a finer volume of the record as it was."""
    placement = Placement(rotation_rad=np.radians(30.0), zoom=0.9, shift=(0.05, -0.04))
    fine = 4
    before = VolumeTarget(SIZE * fine, 64 * fine, 1.0)(placed(record, Placement(), SIZE * fine))
    moved = placed(record, placement, SIZE)
    after = TARGET(moved)
    line = torch.arange(SIZE) + 0.5
    depth, row, column = torch.meshgrid(line, line, line, indexing="ij")
    cosine, sine = np.cos(placement.rotation_rad), np.sin(placement.rotation_rad)
    x, y = (grid - SIZE / 2 - s * SIZE for grid, s in zip((column, row), placement.shift, strict=True))
    old_x, old_y = ((cosine * x - sine * y), (sine * x + cosine * y))
    old_z = (float(after["front_px"]) - depth) / placement.zoom
    place = [old / placement.zoom + SIZE / 2 for old in (old_x, old_y)]
    u, v = ((one * fine).floor().long() for one in place)
    d = (float(before["front_px"]) - old_z * fine).floor().long()
    inside = torch.stack([(i >= 0) & (i < SIZE * fine) for i in (u, v, d)]).all(0)
    looked_up = before["volume"][tuple(i.clamp(0, SIZE * fine - 1) for i in (d, v, u))]
    assert inside.float().mean() > 0.6
    assert (looked_up != after["volume"])[inside].sum() < 0.01 * after["volume"].sum()


def test_a_volume_from_the_front_is_the_same_wherever_the_image_shows_the_head(record: Record) -> None:
    frontal = replace(TARGET, aligned=False)
    before = frontal(record)
    motion = Placement(rotation_rad=0.6, zoom=0.8, shift=(0.1, -0.1))
    after = frontal(placed(record, motion, SIZE))
    assert (before["volume"] != after["volume"]).sum() < 2e-3 * before["volume"].sum()
    assert torch.equal(before["landmarks_px"], torch.from_numpy(record.landmarks_px))
    places = from_the_front(record, SIZE)[load("default").landmarks]
    left, right = places[36:42].mean(0), places[42:48].mean(0)
    assert abs(right[1] - left[1]) < 1 and abs(right[2] - left[2]) < 1.5 and 0.2 < (right[0] - left[0]) / SIZE < 0.35
    assert places[27, :2].tolist() == pytest.approx([SIZE / 2, 0.47 * SIZE])
    with pytest.raises(UserError, match="needs the head's rotation"):
        frontal(replace(record, rotation=np.empty(0, np.float32)))


def test_coarser_voxels_hold_the_same_head(record: Record) -> None:
    """Voxels of twice the width have the same borders as two by two of the others; their centres are the corners."""
    fine, coarse = VolumeTarget(2 * SIZE, 64, 1.0), VolumeTarget(2 * SIZE, 64, 1.0, coarser=2)
    larger = placed(record, Placement(), 2 * SIZE)
    every, some = fine(larger)["volume"], coarse(larger)["volume"]
    blocks = every.view(64, SIZE, 2, SIZE, 2).sum((2, 4))
    assert some.shape == (64, SIZE, SIZE)
    assert some[blocks == 4].float().mean() > 0.999 and some[blocks == 0].float().mean() < 0.001  # thin parts differ
    assert torch.equal(coarse(larger)["landmarks_px"], torch.from_numpy(larger.landmarks_px))


def test_only_vertices_and_camera_are_read(record: Record) -> None:
    kept = {*TARGET.fields, "seed", "index", "model", "scene"}
    bare = replace(record, **{name: np.empty(0) for name in vars(record) if name not in kept})
    assert torch.equal(TARGET(bare)["volume"], TARGET(record)["volume"])
