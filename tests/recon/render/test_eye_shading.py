"""Light of posed eyes: catchlights where a mirror would show the lamp, lids' shadow, gaze, symmetry."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import warp as wp

from recon.faces import load
from recon.faces.openings import KNOTS
from recon.people.eyes.paint import cornea_normal
from recon.people.noise import volume
from recon.render.eye_shading import EyePair, eye_pair, eye_sockets, shade_eye
from recon.render.lighting import Lighting
from recon.render.shading import Lights, lights_of
from recon.synthesis.scene import SceneConfig, draw_scene

SHIFT = torch.tensor([0.0, 0.0, -700.0])
NIGHT = Lighting((0.0,) * 3, (0.0,) * 3, (0.0,) * 3, (0.0, 0.0, 1.0), ((0.0, 0.0, 1.0),), ((0.0,) * 3,))


@wp.kernel
def shine(
    eyes: EyePair, points: wp.array(dtype=wp.vec3), view: wp.vec3, light: Lights, noise: wp.array(dtype=wp.vec2),
    found: wp.array(dtype=wp.vec3), normals: wp.array(dtype=wp.vec3),
):  # fmt: skip
    p = wp.tid()
    found[p] = shade_eye(eyes, points[p], view, 1.0, light, noise)
    outward = wp.normalize(points[p] - eyes.centres[0])
    normals[p] = wp.transpose(eyes.frames[0]) * cornea_normal(eyes.frames[0] * outward, eyes.iris.half)


@pytest.fixture(scope="module")
def drawn():
    model = load("default")
    scene = draw_scene(model, 7, 1, SceneConfig())
    assert scene.eyes
    return model, replace(scene, eyes=replace(scene.eyes, squareness=0.0, lamp_deg=6.0, wet=0.0, veins=0.0))


def pose(model, scene, **units: float) -> EyePair:
    """Eyes wide open, by name of expression units also turned."""
    expression = torch.zeros(len(model.expression_names))
    for name, amount in ({"eyeWideLeft": 1.0, "eyeWideRight": 1.0} | units).items():
        expression[model.expression_names.index(name)] = amount
    shape = model.vertices(torch.zeros(len(model.identity_basis)), expression)
    return eye_pair(eye_sockets(model), shape, expression, torch.eye(3), SHIFT, scene.appearance, scene.eyes)


def grid(eyes: EyePair, k: int, reach_mm: float = 6.0, steps: int = 81) -> np.ndarray:
    """(steps, steps, 3): the front of eyeball k, rows downward, columns to the right."""
    u = np.linspace(-reach_mm, reach_mm, steps)
    x, y = np.meshgrid(u, -u)
    front = np.stack([x, y, np.sqrt(eyes.radius**2 - x**2 - y**2)], -1)
    return front + np.array(eyes.centres.numpy()[k])


def light_on(eyes: EyePair, points: np.ndarray, lighting: Lighting, view=(0.0, 0.0, 1.0)):
    """Radiance and normals of the cornea, shaped as `points`."""
    flat = wp.array(points.reshape(-1, 3).astype(np.float32), dtype=wp.vec3, device="cpu")
    found, normals = (wp.zeros(len(flat), dtype=wp.vec3, device="cpu") for _ in range(2))
    lights = lights_of(lighting, torch.device("cpu"))
    inputs = [eyes, flat, wp.vec3(*view), lights, wp.from_torch(volume(), dtype=wp.vec2), found, normals]
    wp.launch(shine, len(flat), inputs, device="cpu")
    return found.numpy().reshape(points.shape), normals.numpy().reshape(points.shape)


def lamp(yaw_deg: float, pitch_deg: float) -> Lighting:
    yaw, pitch = math.radians(yaw_deg), math.radians(pitch_deg)
    toward = (math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch))
    return replace(NIGHT, directions=(toward,), colours=((0.6,) * 3,))


@pytest.mark.parametrize("where", [(0.0, 15.0), (-35.0, 10.0), (40.0, 20.0), (10.0, 35.0)])
def test_a_lamp_is_mirrored_where_the_cornea_faces_halfway_to_it(drawn, where):
    eyes, lighting = pose(*drawn), lamp(*where)
    found, normals = light_on(eyes, grid(eyes, 0, 4.0), lighting)
    bright = found[..., 1] > 0.5 * found[..., 1].max()
    half = np.array(lighting.directions[0]) + [0.0, 0.0, 1.0]
    off = np.degrees(np.arccos(np.clip(normals @ (half / np.linalg.norm(half)), -1, 1)))
    assert found[..., 1].max() > 0.4 and 10 < bright.sum() < 800
    assert off[bright].max() < 5.0 and (off[~bright]).min() < 5.0
    dark = light_on(eyes, grid(eyes, 0), NIGHT)[0]
    assert np.allclose(dark, 0)


def test_the_sky_alone_shows_a_window_in_it(drawn):
    model, scene = drawn
    eyes = pose(model, replace(scene, eyes=replace(scene.eyes, window_yaw_deg=20.0, window_pitch_deg=10.0)))
    found = light_on(eyes, grid(eyes, 0), replace(NIGHT, sky=(0.6,) * 3, ground=(0.6,) * 3))[0][..., 1]
    within = np.linalg.norm(grid(eyes, 0)[..., :2] - eyes.centres.numpy()[0][:2], axis=-1) < 2.5  # the pupil
    assert found[within].max() > 3 * np.median(found[within])


def test_the_upper_lid_shades_what_lies_under_it(drawn):
    model, scene = drawn
    eyes = pose(model, replace(scene, eyes=replace(scene.eyes, window=0.0)))
    lids = eyes.lids.numpy()[: 2 + KNOTS]
    x = -9.0  # on the white
    edge = float(np.interp(x / eyes.radius, np.linspace(*lids[:2], KNOTS), lids[2:])) * eyes.radius
    y = edge - np.array([0.2, 1.0, 2.0, 4.0])
    points = np.stack([np.full(4, x), y, np.sqrt(eyes.radius**2 - x**2 - y**2)], 1) + eyes.centres.numpy()[0]
    for lighting in (replace(NIGHT, sky=(0.6,) * 3, ground=(0.6,) * 3), lamp(0.0, 40.0)):
        found = light_on(eyes, points, lighting)[0].mean(-1)
        assert (np.diff(found) > 0).all() and found[0] < 0.5 * found[-1]


def test_the_catchlight_stays_and_the_iris_goes_with_the_gaze(drawn):
    model, scene = drawn
    straight, aside = pose(model, scene), pose(model, scene, eyeLookOutRight=0.5, eyeLookInLeft=0.5)
    axis = aside.frames.numpy()[:, 2]
    expected = [-math.sin(math.radians(15)), 0.0, math.cos(math.radians(15))]  # to the model's right
    assert np.allclose(axis, expected, atol=1e-5)
    assert np.allclose(straight.frames.numpy()[:, 2], [0.0, 0.0, 1.0], atol=1e-6)
    spots = []
    for eyes in (straight, aside):
        bright = light_on(eyes, grid(eyes, 0), lamp(0.0, 10.0))[0][..., 1]
        spots.append(np.argwhere(bright > 0.5 * bright.max()).mean(0)[1] * 12 / 80 - 6)
    iris_moved = -eyes.radius * math.sin(math.radians(15))
    assert iris_moved < -3.5 and 0.3 * iris_moved > spots[1] - spots[0] > 0.75 * iris_moved


def test_both_eyes_are_mirror_images_but_for_noise(drawn):
    model, scene = drawn
    eyes = pose(model, replace(scene, eyes=replace(scene.eyes, fibres=0.0, window=0.0)))
    mirror = np.array([-1.0, 1.0, 1.0])
    assert np.allclose(eyes.frames.numpy()[0] * mirror, eyes.frames.numpy()[1], atol=1e-5)
    frontal = replace(NIGHT, sky=(0.5,) * 3, ground=(0.3,) * 3)
    right, left = (light_on(eyes, grid(eyes, k), frontal)[0] for k in (0, 1))
    assert np.abs(right.mean((0, 1)) / left[:, ::-1].mean((0, 1)) - 1).max() < 0.06
    assert np.abs(right - left[:, ::-1]).mean() < 0.15 * right.mean()


def test_light_is_finite_from_every_side(drawn):
    eyes = pose(*drawn)
    direction = np.random.default_rng(0).normal(size=(4000, 3))
    points = eyes.centres.numpy()[0] + eyes.radius * direction / np.linalg.norm(direction, axis=1, keepdims=True)
    for view in ((0.0, 0.0, 1.0), (0.8, 0.0, 0.6), (-0.6, 0.8, 0.0)):
        found = light_on(eyes, points, lamp(30.0, 30.0), view)[0]
        assert np.isfinite(found).all() and found.min() >= 0 and found.max() < 40


def test_without_eyes_there_is_nothing_to_shade(drawn):
    model, scene = drawn
    assert pose(model, replace(scene, eyes=None)).on == 0
