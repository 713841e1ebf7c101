from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from recon.configuration import read_config
from recon.faces import load
from recon.faces.parsing import CLASSES
from recon.geometry.cameras import Camera
from recon.photos.framing import Framing, frame
from recon.photos.region import region_of
from recon.reconstruction.camera import MapCamera, in_photo, pinhole, recover_camera
from recon.reconstruction.face_part import face_part
from recon.reconstruction.looking import FoundFace
from recon.reconstruction.map_pose import seen_face
from recon.reconstruction.pipeline import ReconstructionConfig, reconstruct_face
from recon.reconstruction.results import project
from recon.registration.register import stiffnesses
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE = 128


@pytest.fixture(scope="module")
def model():
    return load("default")


def found(model, record, framing):
    """What a perfect network would answer."""
    position, correspondence = (np.nan_to_num(values) for values in (record.position_mm, record.correspondence))
    seen = seen_face(
        record.mask, np.moveaxis(position, -1, 0), np.moveaxis(correspondence, -1, 0), model.canonical_box_mm.numpy()
    )
    assert seen is not None
    return FoundFace(framing, record.mask.astype(np.float32), position, correspondence, seen)


def test_the_bundled_settings_are_ours_and_the_papers():
    files = (Path(f"configs/reconstruction/{name}.yaml") for name in ("ours", "paper"))
    ours, paper = (read_config(ReconstructionConfig, file) for file in files)
    assert ours == ReconstructionConfig()
    registration, detail = paper.registration, paper.detail
    assert (registration.start, registration.distance_mm, registration.angle_deg) == ("mean", 1.0, 5.0)
    assert stiffnesses(registration) == [1e8 / 2**k for k in range(7)]
    assert detail is not None and (detail.method, detail.dt_mm2, detail.eta) == ("equation_13", 0.2, 0.2)


def test_the_recovered_camera_is_the_drawn_one(model):
    scene = replace(draw_scene(model, 3, 1, SceneConfig()), fov_deg=30.0)
    record = render_record(model, scene, SIZE)
    inside = record.mask
    pixels = np.argwhere(inside)[:, ::-1] + 0.5
    camera, origin = pinhole(recover_camera(pixels, record.position_mm[inside], (SIZE, SIZE)), SIZE)
    assert camera.focal_px == pytest.approx(record.focal_px, rel=0.03)
    assert origin == pytest.approx(record.origin_mm, rel=0.04, abs=4.0)


def test_parallel_rays_become_far_ones():
    camera, origin = pinhole(MapCamera(0.5, 0.0, (64.0, 64.0), (70.0, 60.0)), SIZE)
    points = np.array([[0.0, 0.0, 0.0], [40.0, -30.0, 20.0]])
    shown = camera.project(torch.from_numpy(points + origin)).numpy()
    assert shown == pytest.approx(np.array([[70.0, 60.0], [90.0, 75.0]]), abs=0.2)


@pytest.mark.parametrize("tilt", [0.0, 0.3, -1.2])
def test_a_crops_camera_and_the_photos_see_the_same(tilt):
    framing = Framing(np.array([400.0, 300.0]), 90.0, tilt)
    crop_camera = Camera(350.0, (60.0, 66.0), SIZE)
    points = np.random.default_rng(0).uniform(-80, 80, (20, 3)) + [0, 0, -600.0]
    in_crop = crop_camera.project(torch.from_numpy(points)).numpy()
    camera, turn = in_photo(crop_camera, framing)
    assert np.linalg.det(turn) == pytest.approx(1.0)
    shown = camera.project(torch.from_numpy(points @ turn.T)).numpy()
    assert shown == pytest.approx(framing.to_photo(SIZE)(in_crop), abs=1e-6)


def test_the_part_is_the_face_its_eyes_and_the_mouths_lining(model):
    part = face_part(model)
    assert len(part.vertices) == part.triangles.max() + 1 == len(part.uv) and np.isfinite(part.uv).all()
    assert part.outside.sum() >= 0.95 * int(model.face.sum()) and not part.outside.all()


def test_true_maps_give_a_mesh_that_lands_on_the_true_landmarks(model):
    record = render_record(model, draw_scene(model, 3, 2, SceneConfig(yaw_max_deg=15.0)), SIZE)
    photo = Image.fromarray(frame(Image.fromarray(record.rgb), None, 2 * SIZE))
    framing = Framing(2 * SIZE * np.array([0.5, 0.47]), 0.27 * 2 * SIZE, 0.0)  # the crop is the whole photo
    config = ReconstructionConfig(detail=None, texture_px=256)
    result = reconstruct_face(region_of(photo, framing), found(model, record, framing), model, config)
    marks = result.vertices[model.landmarks.numpy()]
    inner = [*range(27, 48), 48, 54]
    seen = [k for k in inner if record.landmarks_visible[k]]
    assert np.abs(project(result, marks)[seen] / 2 - record.landmarks_px[seen]).max() < 2.0
    assert result.texture.shape == (256, 256, 3) and result.seen.max() == 1
    assert result.detail.vertices.shape == (len(result.uv), 3) and not result.detail.displacement_mm.any()


def test_what_lies_over_a_face_comes_neither_into_its_texture_nor_into_its_relief(model):
    record = render_record(model, draw_scene(model, 3, 2, SceneConfig(yaw_max_deg=15.0)), SIZE)
    pixels = frame(Image.fromarray(record.rgb), None, 2 * SIZE).copy()
    row = int(2 * record.landmarks_px[27, 1])  # the root of the nose
    pixels[row - 4 : row + 4] = (0, 255, 0)
    framing = Framing(2 * SIZE * np.array([0.5, 0.47]), 0.27 * 2 * SIZE, 0.0)
    classes = np.full((SIZE, SIZE), CLASSES.index("skin"), np.uint8)
    classes[row // 2 - 4 : row // 2 + 4] = CLASSES.index("glasses")
    region, face = region_of(Image.fromarray(pixels), framing), found(model, record, framing)
    green, moved = [], []
    for told in (None, classes):
        result = reconstruct_face(region, replace(face, classes=told), model, ReconstructionConfig(texture_px=256))
        red, lime, _ = np.moveaxis(result.texture.astype(int), -1, 0)
        green.append(int((lime - red > 60).sum()))
        spot = result.camera.project(torch.from_numpy(result.detail.smooth)).numpy()
        covered = (np.abs(spot[:, 1] - row) < 6) & (result.detail.seen > 0)
        moved.append(np.abs(result.detail.displacement_mm[covered]).max())
    assert green[0] > 500 and green[1] == 0
    assert moved[0] > 0.05 and moved[1] < 1e-6
