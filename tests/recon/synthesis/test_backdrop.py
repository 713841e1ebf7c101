"""What is seen behind a head is its environment; off, scenes and pictures are as without any."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace

import cv2
import numpy as np

from recon.faces.default import load_default
from recon.people.wardrobe import DressConfig
from recon.render.environment import Environment, Outdoors, Room, Studio
from recon.render.harmonics import look_up, map_directions
from recon.render.lighting import KeyLight
from recon.render.surroundings import draw_surroundings
from recon.synthesis.backdrop import draw_backdrop
from recon.synthesis.background import draw_background
from recon.synthesis.render_record import composite, render_record
from recon.synthesis.response import degrade, develop
from recon.synthesis.scene import SceneConfig, draw_scene


def environments(count: int, calm: float = 0.0) -> list[Environment]:
    drawn = (draw_surroundings(np.random.default_rng(seed), KeyLight(), calm).environment for seed in range(count))
    return [environment for environment in drawn if environment is not None]


def test_without_blur_and_detail_the_backdrop_is_the_environment_seen_there() -> None:
    across = np.tan(np.radians(15.0))
    line = ((np.arange(48) + 0.5) / 24 - 1) * across
    x, y = np.meshgrid(line, -line)
    toward = np.stack([x, y, -np.ones_like(x)], -1)
    toward = (toward / np.linalg.norm(toward, axis=-1, keepdims=True)).astype(np.float32)
    for environment in environments(9):
        plain = replace(environment, blur=0.0, detail=0.0)
        seen = draw_backdrop(plain, 30.0, 48)
        assert np.allclose(seen, plain.radiance(toward, edge=2 * across / 48), rtol=1e-4, atol=1e-5)
        coarse = look_up(plain.radiance(map_directions(256, 512)), toward)
        assert np.median(np.abs(seen - coarse)) < 0.01 * coarse.mean()


def test_a_backdrop_does_not_depend_on_its_size_but_for_resolution() -> None:
    for environment in environments(9):
        blurred = replace(environment, blur=0.03)
        fine, coarse = draw_backdrop(blurred, 25.0, 128), draw_backdrop(blurred, 25.0, 64)
        smaller = cv2.resize(fine, (64, 64), interpolation=cv2.INTER_AREA)
        assert np.abs(smaller - coarse).mean() < 0.03 * fine.mean()
        assert np.array_equal(fine, draw_backdrop(blurred, 25.0, 128)) and fine.min() >= 0


def test_blur_takes_detail_away() -> None:
    for environment in environments(6):
        rough = [
            np.abs(np.diff(draw_backdrop(replace(environment, detail=1.0, blur=b), 25.0, 64), axis=1))
            for b in (0, 0.05)
        ]
        assert rough[1].max() <= rough[0].max()


def test_all_kinds_are_drawn_and_calm_leaves_plain_studios() -> None:
    assert {type(environment.place) for environment in environments(30)} == {Room, Outdoors, Studio}
    calm = environments(10, calm=1.0)
    assert all(isinstance(environment.place, Studio) and environment.detail == 0 for environment in calm)


def test_the_environment_changes_light_and_nothing_else() -> None:
    model = load_default(0)
    for index in range(5):
        on, off = (draw_scene(model, 7, index, SceneConfig(environment=share)) for share in (1.0, 0.0))
        assert off.lighting.environment is None and off.lighting.spreads == ()
        for field in fields(on):
            if field.name != "lighting":
                assert str(getattr(on, field.name)) == str(getattr(off, field.name))
        again = draw_scene(model, 7, index, SceneConfig(environment=1.0))
        assert again.lighting == on.lighting
        assert json.loads(json.dumps(asdict(on.lighting)))["environment"]["place"]
    shares = [draw_scene(model, 7, index, SceneConfig(environment=0.3)).lighting.environment for index in range(200)]
    assert 0.2 < np.mean([environment is not None for environment in shares]) < 0.4


def test_off_the_head_is_laid_over_the_background_as_before() -> None:
    scene = draw_scene(load_default(0), 7, 1, SceneConfig(environment=0.0))
    light = np.random.default_rng(0).random((32, 32, 3), np.float32)
    cover = np.random.default_rng(1).random((32, 32), np.float32)
    behind = draw_background(np.random.default_rng(scene.background_seed), 32, None, 0.0)
    expected = degrade(behind + cv2.merge([cover] * 3) * (develop(light, scene.response) - behind), scene.response)
    assert np.array_equal(composite(light, cover, scene), expected)


def test_labels_stay_and_a_folder_of_backgrounds_keeps_its_meaning(tmp_path) -> None:
    model = load_default(0)
    cv2.imwrite(str(tmp_path / "red.png"), np.full((40, 40, 3), (0, 0, 255), np.uint8))
    config = SceneConfig(environment=1.0, dress=DressConfig(dressed=0))
    lit, plain = (
        render_record(model, draw_scene(model, 7, 2, c), 48) for c in (config, replace(config, environment=0))
    )
    for name in ("mask", "position_mm", "normals", "correspondence", "region"):
        assert np.array_equal(getattr(lit, name), getattr(plain, name), equal_nan=True)
    assert not np.array_equal(lit.rgb, plain.rgb)
    scene = draw_scene(model, 7, 2, replace(config, backgrounds=str(tmp_path)))
    shown = render_record(model, replace(scene, response=replace(scene.response, noise=0, quality=0, blur=0)), 48).rgb
    empty = ~np.isfinite(lit.depth_mm)
    empty = cv2.erode(empty.astype(np.uint8), np.ones((3, 3))) > 0
    assert empty.sum() > 50 and (shown[empty] == (255, 0, 0)).all()
