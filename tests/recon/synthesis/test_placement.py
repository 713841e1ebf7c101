from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from recon.faces import load
from recon.faces.symmetry import Symmetry, symmetry_of
from recon.geometry.cameras import Camera
from recon.synthesis.placement import MODELS_OWN, Placement, PlacementConfig, draw_placement, mirrored, placed
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE = 96
TURNED = Placement(False, np.radians(33.0), 1.15, (0.03, -0.05))


@pytest.fixture(scope="module")
def record() -> Record:
    model = load("default")
    return render_record(model, draw_scene(model, 3, 1, SceneConfig()), SIZE)


@pytest.fixture(scope="module")
def symmetry() -> Symmetry:
    return symmetry_of(load("default"))


def seen_at(record: Record, places_mm: np.ndarray) -> np.ndarray:
    """Where the record's own camera sees places (..., 3) mm that are told from its origin."""
    camera = Camera(record.focal_px, (float(record.centre_px[0]), float(record.centre_px[1])), record.rgb.shape[0])
    return camera.project(torch.from_numpy(places_mm.astype(np.float64) + record.origin_mm)).numpy()


def same(one: Record, other: Record, tolerance: float = 0.0) -> None:
    for field in fields(Record):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            np.testing.assert_allclose(a.astype(float), b.astype(float), atol=tolerance, err_msg=field.name)
        elif field.name != "scene":
            assert a == pytest.approx(b), field.name


def test_no_motion_changes_nothing(record: Record) -> None:
    assert placed(record, Placement(), SIZE) is record


def test_a_mirror_twice_is_the_record(record: Record, symmetry: Symmetry) -> None:
    same(mirrored(mirrored(record, symmetry), symmetry), record, 1e-4)


def test_four_quarter_turns_are_the_record(record: Record) -> None:
    turned = record
    for _ in range(4):
        turned = placed(turned, Placement(rotation_rad=np.pi / 2), SIZE)
    same(turned, record, 8e-3)  # positions are snapped to 1/128 mm


def test_a_quarter_turn_is_exact(record: Record) -> None:
    turned = placed(record, Placement(rotation_rad=np.pi / 2), SIZE)
    for name in ("rgb", "mask", "amodal_mask", "region", "correspondence", "uv", "amodal_correspondence"):
        assert np.array_equal(getattr(turned, name), np.rot90(getattr(record, name)), equal_nan=True), name
    position = np.rot90(record.position_mm)
    np.testing.assert_allclose(turned.position_mm[..., 0], -position[..., 1], atol=2e-2)  # x from the pixel, y snapped
    np.testing.assert_allclose(turned.position_mm[..., 1], position[..., 0], atol=2e-2)
    np.testing.assert_allclose(turned.normals[..., 0], -np.rot90(record.normals)[..., 1], atol=1e-4)


@pytest.mark.parametrize("placement", [Placement(mirror=True), TURNED, replace(TURNED, mirror=True)])
@pytest.mark.parametrize("size", [SIZE, 64])
def test_the_moved_camera_sees_the_moved_labels(
    record: Record, symmetry: Symmetry, placement: Placement, size: int
) -> None:
    moved = placed(record, placement, size, symmetry)
    line = np.arange(size) + 0.5
    centres = np.stack(np.meshgrid(line, line), -1)
    there = np.isfinite(moved.position_mm[..., 0])
    assert there.sum() > 0.2 * size**2
    assert (
        np.abs(seen_at(moved, moved.position_mm[there]) - centres[there]).max() < 0.02
    )  # positions are at their pixels
    assert np.abs(seen_at(moved, moved.landmarks_mm) - moved.landmarks_px).max() < 0.01
    model = load("default")
    marks = model.landmarks.numpy()
    assert np.abs(moved.vertices_mm[marks] - moved.landmarks_mm).max() < 0.01
    assert np.isclose(np.linalg.det(moved.rotation), 1, atol=1e-5)
    neutral = (moved.vertices_mm + moved.origin_mm - moved.translation_mm) @ moved.rotation  # back in the head's frame
    before = (record.vertices_mm + record.origin_mm - record.translation_mm) @ record.rotation
    before = before[symmetry.vertices] * (-1, 1, 1) if placement.mirror else before
    assert np.abs(neutral - before).max() < 0.02


def test_maps_of_a_moved_record_are_those_of_the_moved_scene(record: Record) -> None:
    """The head is turned in its scene and rendered anew: labels, looked up or rendered, agree."""
    model = load("default")
    scene = draw_scene(model, 3, 1, SceneConfig())
    angle = np.radians(20.0)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]], np.float32)
    eyes = np.array([scene.eye_u, scene.eye_v]) - 0.5
    eyes = 0.5 + np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) @ eyes
    turned = replace(scene, rotation=turn @ scene.rotation, eye_u=float(eyes[0]), eye_v=float(eyes[1]))
    rendered = render_record(model, turned, SIZE)
    moved = placed(record, Placement(rotation_rad=float(angle)), SIZE)
    np.testing.assert_allclose(moved.landmarks_px, rendered.landmarks_px, atol=0.02)
    np.testing.assert_allclose(moved.rotation, rendered.rotation, atol=1e-6)
    near = np.abs(rendered.vertices_mm).max(1) < 200  # farther ones are cut at the storage grid's end
    np.testing.assert_allclose(moved.vertices_mm[near], rendered.vertices_mm[near], atol=0.03)
    assert (moved.amodal_mask & rendered.amodal_mask).sum() / (moved.amodal_mask | rendered.amodal_mask).sum() > 0.98
    both = moved.mask & rendered.mask
    both &= rendered.normals[..., 2] > 0.5  # on steep places half a pixel is many millimetres
    pixel_mm = -record.origin_mm[2] / record.focal_px
    for name, unit in (("position_mm", pixel_mm), ("correspondence", pixel_mm / 150)):
        off = np.linalg.norm(getattr(moved, name)[both] - getattr(rendered, name)[both], axis=-1) / unit
        assert np.median(off) < 0.05 and np.percentile(off, 90) < 0.5, (name, np.percentile(off, [50, 90, 99]))


def test_half_the_size_averages_four_pixels(record: Record) -> None:
    half = placed(record, Placement(), SIZE // 2)
    blocks = record.rgb.reshape(SIZE // 2, 2, SIZE // 2, 2, 3).mean((1, 3))
    assert np.abs(half.rgb - blocks).max() <= 0.51
    assert half.focal_px == record.focal_px / 2
    np.testing.assert_allclose(half.landmarks_px, record.landmarks_px / 2, atol=1e-4)


def test_coarser_maps_lie_at_the_centres_of_coarser_pixels(record: Record) -> None:
    """Of a moved record: what the whole maps say around them, and the camera, which is the image's, agrees."""
    fine, coarse = placed(record, TURNED, SIZE), placed(record, TURNED, SIZE, coarser=2)
    assert coarse.rgb.shape == fine.rgb.shape and np.array_equal(coarse.landmarks_px, fine.landmarks_px)
    assert coarse.focal_px == fine.focal_px and coarse.mask.shape == coarse.region.shape == (SIZE // 2, SIZE // 2)
    line = 2 * np.arange(SIZE // 2) + 1.0
    there = np.isfinite(coarse.position_mm[..., 0])
    assert (
        np.abs(seen_at(coarse, coarse.position_mm[there]) - np.stack(np.meshgrid(line, line), -1)[there]).max() < 0.02
    )
    blocks = np.moveaxis(fine.correspondence.reshape(SIZE // 2, 2, SIZE // 2, 2, 3), 2, 1).reshape(*there.shape, 4, 3)
    whole = np.isfinite(blocks).all((2, 3)) & (np.ptp(blocks, 2).max(-1) < 0.05)
    apart = np.abs(coarse.correspondence - blocks.mean(2))[whole]
    assert whole.sum() > 500 and np.percentile(apart, 95) < 0.006 and coarse.mask[whole].all()


def test_what_was_not_read_stays_empty(record: Record) -> None:
    empty = replace(record, **{name: np.empty(0, np.float32) for name in (*MODELS_OWN, "uv")})
    moved = placed(empty, replace(TURNED, mirror=True), SIZE)  # nothing of the model's is there: no symmetry is needed
    assert not moved.vertices_mm.size and not moved.uv.size and moved.position_mm.shape == (SIZE, SIZE, 3)
    with pytest.raises(ValueError, match="symmetry"):
        mirrored(record, None)


def test_draws_follow_the_configuration() -> None:
    config = PlacementConfig(mirror=0.25, rotation_deg=30, upside_down=0.1, zoom=0.2, shift=0.05)
    drawn = [draw_placement(np.random.default_rng(i), config) for i in range(2000)]
    assert np.mean([one.mirror for one in drawn]) == pytest.approx(0.25, abs=0.03)
    degrees = np.degrees([one.rotation_rad for one in drawn])
    assert np.mean(degrees > 90) == pytest.approx(0.1, abs=0.02) and degrees[degrees < 90].max() < 30
    assert np.std(np.log([one.zoom for one in drawn])) == pytest.approx(0.2, rel=0.05)
    assert np.std([one.shift for one in drawn]) == pytest.approx(0.05, rel=0.05)
    assert draw_placement(np.random.default_rng(0), PlacementConfig(mirror=0.0)) == Placement()


def test_a_look_beside_the_face_fills_a_corner_of_the_image() -> None:
    config = PlacementConfig(rotation_deg=45, upside_down=0.5, beside=1.0)
    for i in range(50):
        one = draw_placement(np.random.default_rng(i), config)
        assert one.rotation_rad % np.pi == 0 and 0.2 <= 1 / one.zoom <= 0.45
        assert np.abs(one.shift) / one.zoom + 0.5 / one.zoom == pytest.approx(0.5)


def test_scales_and_shifts_can_be_drawn_evenly() -> None:
    config = PlacementConfig(mirror=0, scale_min=0.9, scale_max=1.2, shift_max=0.1)
    drawn = [draw_placement(np.random.default_rng(i), config) for i in range(2000)]
    zooms, shifts = np.array([one.zoom for one in drawn]), np.array([one.shift for one in drawn])
    for values, low, high in ((zooms, 0.9, 1.2), (shifts, -0.1, 0.1)):
        assert low <= values.min() < low + 0.01 and high - 0.01 < values.max() <= high
        assert np.mean(values) == pytest.approx((low + high) / 2, abs=0.01)
