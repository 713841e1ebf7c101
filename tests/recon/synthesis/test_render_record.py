import json
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from PIL import Image

from recon.errors import UserError
from recon.faces import load
from recon.faces.model import REGIONS
from recon.geometry.cameras import Camera
from recon.photos.framing import EYE_SHARE
from recon.synthesis.background import crop_from, draw_background, images_in
from recon.synthesis.render_job import render_manifest
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE = 64


@pytest.fixture(scope="module")
def model():
    return load("default")


@pytest.fixture(scope="module")
def record(model):
    return render_record(model, draw_scene(model, 5, 3, SceneConfig()), SIZE)


def same(one, other):
    return all(
        np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f")
        for a, b in ((getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    )


def test_a_record_depends_on_seed_and_index_alone(model, record):
    render_record(model, draw_scene(model, 5, 2, SceneConfig()), SIZE)
    assert same(record, render_record(model, draw_scene(model, 5, 3, SceneConfig()), SIZE))
    assert not np.array_equal(record.rgb, render_record(model, draw_scene(model, 6, 3, SceneConfig()), SIZE).rgb)


def test_maps_agree_with_the_camera_and_with_each_other(model, record):
    camera = Camera(record.focal_px, tuple(record.centre_px), SIZE)
    z = torch.from_numpy(record.depth_mm) + float(record.origin_mm[2])
    places = camera.unproject(z).numpy() - record.origin_mm
    seen = np.isfinite(record.depth_mm)
    assert np.abs(places - record.position_mm)[seen].max() < 0.02  # mm: both snapped to 1/128
    assert (np.linalg.norm(record.normals[seen], axis=-1) - 1).max() < 1e-3
    assert np.isfinite(record.correspondence[record.mask]).all() and np.isnan(record.correspondence[~record.mask]).all()
    assert np.isfinite(record.uv[record.mask]).all()
    assert (record.region[~seen] == 0).all() and seen[record.mask].all()
    assert not np.isin(record.region[record.mask], [REGIONS.index(n) for n in ("clothes", "teeth")]).any()


def test_landmarks_are_projected_vertices_and_visible_ones_lie_on_the_seen_surface(model, record):
    camera = Camera(record.focal_px, tuple(record.centre_px), SIZE)
    projected = camera.project(torch.from_numpy(record.landmarks_mm + record.origin_mm)).numpy()
    assert np.abs(projected - record.landmarks_px).max() < 1e-2
    assert np.abs(record.vertices_mm[model.landmarks] - record.landmarks_mm).max() < 0.01
    assert record.landmarks_visible[[27, 28, 30]].all()
    assert np.abs(record.landmarks_mm[27]).max() == 0  # the origin of positions


def test_correspondence_names_the_place_on_the_template(model, record):
    centre = record.landmarks_px[30].astype(int)
    found = record.correspondence[centre[1], centre[0]]
    expected = model.canonical[model.landmarks[30]].numpy()
    assert np.abs(found - expected).max() < 0.03


def test_framing_follows_the_config(model):
    config = SceneConfig(yaw_max_deg=0.0, pitch_sd_deg=0.0, roll_sd_deg=0.0, framing_jitter=0.0)
    for index in range(3):
        record = render_record(model, draw_scene(model, 1, index, config), SIZE)
        eyes = record.landmarks_px[36:48].reshape(2, 6, 2).mean(1)
        assert abs(np.linalg.norm(eyes[1] - eyes[0]) / SIZE - EYE_SHARE) < 0.02


def test_yaw_reaches_profile(model):
    yaws = [abs(draw_scene(model, 0, i, SceneConfig(yaw_max_deg=90.0)).yaw_deg) for i in range(200)]
    assert 80 < max(yaws) <= 90
    profile = replace(
        draw_scene(model, 0, 0, SceneConfig()), rotation=np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]], np.float32)
    )
    record = render_record(model, profile, SIZE)
    assert 0.05 < record.mask.mean() < 0.5 and not record.landmarks_visible.all()


def test_the_scene_travels_as_json(record):
    drawn = json.loads(record.scene)
    assert drawn["appearance"]["melanin"] > 0 and len(drawn["lighting"]["directions"]) >= 1


def test_backgrounds_come_from_a_folder_or_say_why_not(tmp_path):
    rng = np.random.default_rng
    assert draw_background(rng(1), 16).shape == (16, 16, 3)
    assert np.array_equal(draw_background(rng(1), 16), draw_background(rng(1), 16))
    with pytest.raises(UserError, match="does not exist"):
        draw_background(rng(1), 16, str(tmp_path / "missing"))
    with pytest.raises(UserError, match="holds no image"):
        draw_background(rng(1), 16, str(tmp_path))
    (tmp_path / "broken.jpg").write_bytes(b"not an image")
    with pytest.raises(UserError, match=r"no image in .* can be read \(such as broken\.jpg: not a readable image"):
        draw_background(rng(1), 16, str(tmp_path))


def upright(side=24):
    """Red above, blue below."""
    pixels = np.zeros((2 * side, 2 * side, 3), np.uint8)
    pixels[:side, :, 0] = pixels[side:, :, 2] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("suffix", ["png", "avif", "gif", "jfif"])
def test_backgrounds_are_read_as_photos_are(tmp_path, suffix):
    (tmp_path / "broken.jpg").write_bytes(b"not an image")
    turned = Image.Exif()
    turned[0x0112] = 3
    image = upright() if suffix == "gif" else upright().rotate(180)
    image.save(tmp_path / f"a.{suffix}", **({} if suffix == "gif" else {"exif": turned}))
    crop = crop_from(np.random.default_rng(1), 16, str(tmp_path))
    assert crop.shape == (16, 16, 3) and crop.dtype == np.float32 and 0 <= crop.min() <= crop.max() <= 1
    red, blue = crop[0].mean(0), crop[-1].mean(0)
    assert red[0] > 0.9 > 0.1 > red[2] and blue[2] > 0.9 > 0.1 > blue[0]


def test_other_images_behind_are_another_dataset(tmp_path, model):
    scene = SceneConfig(backgrounds=str(tmp_path))
    upright().save(tmp_path / "a.png")
    before = render_manifest(model, 0, 32, scene)
    images_in.cache_clear()
    upright(25).save(tmp_path / "b.png")
    assert before["backgrounds"] != render_manifest(model, 0, 32, scene)["backgrounds"]
    assert "backgrounds" not in render_manifest(model, 0, 32, SceneConfig())
