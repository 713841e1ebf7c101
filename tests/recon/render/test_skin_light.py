# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportCallIssue=false, reportIndexIssue=false
"""Skin's shading: the label of fine normals is what light sees, a soft terminator, highlights that oil sharpens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import warp as wp
from torch.nn import functional

from recon.faces import load
from recon.geometry.cameras import Camera
from recon.geometry.launch import launch
from recon.people.mouth.teeth import teeth_of
from recon.people.skin.furrows import creases, furrows_of, skin_gloss
from recon.people.skin.paint import Surface
from recon.people.skin.relief import relief_of
from recon.people.skin.wrinkles import draw_skin
from recon.people.template import slow_values, template_of
from recon.render.eye_shading import eye_pair, eye_sockets
from recon.render.labels import label_maps
from recon.render.lighting import Lighting
from recon.render.mouth_shading import mouth_look
from recon.render.portrait import Portrait, head_light
from recon.render.scenery import scenery_of, seen_by
from recon.render.shading import Lights, colour_occlusion, lights_of
from recon.render.skin_light import SkinSeen, relief_maps, shade_skin, spread
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE, SAMPLES, PIXEL_MM = 64, 2, 0.5
CAMERA = Camera.from_fov(25.0, SIZE)


@pytest.fixture(scope="module")
def head():
    """The default model seen by a camera: its normals, its relief at pixel centres, a function that lights it."""
    model = load("default")
    scene = draw_scene(model, 3, 1, SceneConfig())
    template = template_of(model)
    places = model.mean + torch.tensor([0.0, 0.0, -450.0])
    scenery = scenery_of(model, places, [], torch.eye(3), places[0])
    seen = seen_by(CAMERA, scenery, SAMPLES)
    maps = label_maps(model, scenery, seen.labelled, seen.points_px, places)
    slow = slow_values(template, scene.appearance)
    furrows, skin = furrows_of(model, template), draw_skin(np.random.default_rng(3))
    expression = torch.zeros(len(model.expression_names))
    rows = creases(furrows, slow, skin, model.activations(expression), PIXEL_MM)
    relief = relief_of(skin, places, template.place_mm, rows, PIXEL_MM)
    heights, fine = relief_maps(maps["normals"], scenery, seen, relief)

    posed = torch.eye(3), torch.tensor([0.0, 0.0, -450.0]), scene.appearance
    portrait = Portrait(
        scenery=scenery,
        seen=seen,
        panes=None,
        lighting=scene.lighting,
        arriving=torch.ones(len(places)),
        appearance=scene.appearance,
        slow=slow,
        occlusion=colour_occlusion(torch.full((len(places),), 0.8)),
        eyes=eye_pair(eye_sockets(model), model.mean, expression, *posed, None),
        mouth=mouth_look(model, teeth_of(model), model.mean, *posed, None),
    )

    def light(relief_map, centres=seen.labelled):
        skin_seen = SkinSeen(skin_gloss(furrows, skin), relief_map, fine)
        return head_light(replace(portrait, skin=skin_seen, seen=replace(seen, labelled=centres)))[0]

    return maps["normals"], heights, fine, light


def test_fine_normals_are_the_smooth_ones_leant_against_the_gradient(head) -> None:
    normals, heights, fine, _ = head
    rough = heights[..., 0] != 0
    assert rough.sum() > 300 and (heights[..., 0] <= 0).all()
    normal, gradient = normals[rough], heights[rough][:, 1:]
    along = (gradient * normal).sum(1, keepdim=True) * normal
    assert torch.allclose(fine[rough], functional.normalize(normal - gradient + along, dim=1), atol=1e-5)
    assert torch.equal(fine[~rough].nan_to_num(9.0), normals[~rough].nan_to_num(9.0))


def test_even_skin_is_shaded_once_a_pixel_to_nearly_the_same_light(head) -> None:
    _, heights, _, light = head
    once, each = light(heights), light(heights, torch.full((SIZE, SIZE), -1, dtype=torch.int32))
    seen = each.amax(-1) > 0
    apart = (once - each)[seen].abs()
    assert 0.2 < (apart > 0).float().mean() < 1
    assert apart.mean() < 0.01 * each[seen].mean() and apart.max() < 0.2


def test_light_sees_the_relief_of_the_label_and_nothing_else(head) -> None:
    _, heights, _, light = head
    changed = (light(heights) != light(torch.zeros_like(heights))).any(-1)
    rough = heights[..., 0] != 0
    assert not changed[~rough].any() and changed[rough].float().mean() > 0.95


@wp.kernel
def spread_at(cosines: wp.array(dtype=wp.float32), width: float, found: wp.array(dtype=wp.float32)):
    i = wp.tid()
    found[i] = spread(cosines[i], width)


def test_spread_is_lambert_s_law_averaged() -> None:
    cosines, found = torch.linspace(-1, 1, 81), torch.empty(81)
    launch(spread_at, 81, [wp.from_torch(cosines), 0.3, wp.from_torch(found)], cosines.device)
    within = torch.linspace(-0.3, 0.3, 4001)
    assert torch.allclose(found, (cosines[:, None] + within).clamp(min=0).mean(1), atol=1e-4)


@wp.kernel
def shade_at(normals: wp.array(dtype=wp.vec3), gloss: float, light: Lights, found: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    black = Surface()
    black.gloss = 1.0
    black.roughness = 0.4
    forward = wp.vec3(0.0, 0.0, 1.0)
    found[i] = shade_skin(black, wp.vec4(), normals[i], forward, wp.vec3(1.0, 1.0, 1.0), 1.0, gloss, light)


def test_oil_makes_the_highlight_brighter_and_narrower() -> None:
    dark = (0.0,) * 3
    lamp = lights_of(
        Lighting(dark, dark, dark, (0.0, 0.0, 1.0), ((0.0, 0.0, 1.0),), ((1.0,) * 3,)), torch.device("cpu")
    )
    tilt = torch.linspace(0, 0.6, 60)
    normals = torch.stack([tilt.sin(), torch.zeros(60), tilt.cos()], 1)
    widths, peaks = [], []
    for gloss in (0.8, 2.0):
        found = torch.empty(60, 3)
        launch(
            shade_at,
            60,
            [wp.from_torch(normals, dtype=wp.vec3), gloss, lamp, wp.from_torch(found, dtype=wp.vec3)],
            found.device,
        )
        assert (found[:-1, 0] >= found[1:, 0] - 1e-6).all()
        peaks.append(float(found[0, 0]))
        widths.append(int((found[:, 0] > found[0, 0] / 2).sum()))
    assert peaks[1] > 2.5 * peaks[0] and widths[1] < widths[0]
