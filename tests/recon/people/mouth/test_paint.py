"""The inside of mouths: gaps that come once a tooth, colours in range."""

from __future__ import annotations

import numpy as np
import torch
import warp as wp

from recon.faces import load
from recon.people.mouth.paint import MouthLook, draw_mouth, gap_shade, mouth_at
from recon.people.mouth.teeth import teeth_of
from recon.people.noise import volume
from recon.render.mouth_shading import mouth_look
from recon.synthesis.scene import SceneConfig, draw_scene


@wp.kernel
def gaps(numbers: wp.array(dtype=float), rise: float, gap: float, found: wp.array(dtype=float)):
    p = wp.tid()
    found[p] = gap_shade(numbers[p], rise, gap)


@wp.kernel
def spots(
    look: MouthLook, spot: wp.array(dtype=wp.vec4), teeth: float, places: wp.array(dtype=wp.vec3),
    noise: wp.array(dtype=wp.vec2), albedo: wp.array(dtype=wp.vec3), normal: wp.array(dtype=wp.vec3),
    light: wp.array(dtype=wp.vec3),
):  # fmt: skip
    p = wp.tid()
    found = mouth_at(look, spot[p], teeth, places[p], places[p] + look.origin, wp.vec3(0.0, 0.0, 1.0), noise)
    albedo[p] = found.albedo
    normal[p] = found.normal
    light[p] = wp.vec3(found.open, found.roughness, found.gloss)


def seen(spot: np.ndarray, teeth: float, places: np.ndarray) -> list[np.ndarray]:
    """Albedo, normal and (open, roughness, gloss) on the default model with an open mouth."""
    model = load("default")
    expression = torch.zeros(len(model.expression_names))
    expression[model.expression_names.index("jawOpen")] = 0.6
    shape = model.vertices(torch.zeros(len(model.identity_basis)), expression)
    scene = draw_scene(model, 7, 1, SceneConfig())
    posed = torch.eye(3), torch.tensor([0.0, 0.0, -700.0])
    look = mouth_look(model, teeth_of(model), shape, *posed, scene.appearance, scene.mouth)
    found = [wp.zeros(len(spot), dtype=wp.vec3, device="cpu") for _ in range(3)]
    at = wp.array(spot.astype(np.float32), dtype=wp.vec4, device="cpu")
    where = wp.array(places.astype(np.float32), dtype=wp.vec3, device="cpu")
    inputs = [look, at, teeth, where, wp.from_torch(volume(), dtype=wp.vec2), *found]
    wp.launch(spots, len(spot), inputs, device="cpu")
    return [one.numpy() for one in found]


def test_gaps_come_once_a_tooth():
    numbers = np.linspace(-7, 7, 1401, dtype=np.float32)
    found = wp.zeros(len(numbers), dtype=float, device="cpu")
    wp.launch(gaps, len(numbers), [wp.array(numbers, device="cpu"), 5.0, 0.05, found], device="cpu")
    shade = found.numpy()
    assert np.allclose(shade[::100], 1, atol=1e-3) and np.allclose(shade[50::100], 0)
    assert np.allclose(shade[:-100], shade[100:], atol=1e-2)
    assert np.allclose(shade, shade[::-1], atol=1e-2) and 0.02 < shade.mean() < 0.12


def test_paint_is_in_range_and_darkens_with_depth():
    middle = np.array([0.0, -75.0, 20.0])
    line = np.repeat(np.arange(0.05, 1.0, 0.05)[:, None], 4, 1) * [1, 0, 0, 0] + [0, 5.0, 0, 0]
    for spot, teeth in ((line, 1.0), (line + [0, 8.0, 0, 0], 1.0), (0 * line + [0, 0, 0, 1], 0.0), (0 * line, 0.0)):
        albedo, normal, light = seen(spot, teeth, np.repeat(middle[None], len(spot), 0))
        assert np.isfinite(albedo).all() and albedo.min() > 0 and albedo.max() < 0.95
        assert np.allclose(np.linalg.norm(normal, axis=1), 1, atol=1e-5)
        assert (light > 0).all() and light[:, 0].max() <= 1
    crown, gum = (
        seen(line[8:11], 1.0, np.repeat(middle[None], 3, 0))[0],
        seen(line[8:11] + [0, 8.0, 0, 0], 1.0, np.repeat(middle[None], 3, 0))[0],
    )
    assert (crown.mean(1) > gum.mean(1)).all() and (gum[:, 0] > 1.5 * gum[:, 1]).all()
    deep = middle - np.arange(0, 60, 10.0)[:, None] * [0, 0, 1]
    opened = seen(np.zeros((6, 4)), 0.0, deep)[2][:, 0]
    assert (np.diff(opened) < 0).all() and opened[-1] < 0.15 * opened[0]


def test_mouths_are_drawn_from_their_generator_alone():
    assert draw_mouth(np.random.default_rng(1)) == draw_mouth(np.random.default_rng(1))
    assert draw_mouth(np.random.default_rng(1)) != draw_mouth(np.random.default_rng(2))
