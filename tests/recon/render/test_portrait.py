"""The kernels that see a whole head: label maps against interpolation in torch, light against its own linearity."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from recon.faces import load
from recon.geometry.cameras import Camera
from recon.geometry.rasterize import barycentric, gather
from recon.people.mouth.teeth import teeth_of
from recon.people.template import slow_values, template_of
from recon.render.eye_shading import eye_pair, eye_sockets
from recon.render.labels import label_maps
from recon.render.lighting import Lighting
from recon.render.mouth_shading import mouth_look
from recon.render.portrait import Portrait, head_light
from recon.render.scenery import scenery_of, seen_by
from recon.render.shading import colour_occlusion
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE, SAMPLES = 48, 2
CAMERA = Camera.from_fov(25.0, SIZE)


@pytest.fixture(scope="module")
def head():
    """The default model, its bare scenery, and what the camera sees of it."""
    model = load("default")
    shift = torch.tensor([0.0, 0.0, -700.0])
    places = model.mean + shift
    scenery = scenery_of(model, places, [], torch.eye(3), shift)
    return model, scenery, seen_by(CAMERA, scenery, SAMPLES)


def test_label_maps_are_what_torch_interpolates(head):
    model, scenery, seen = head
    points, ids = seen.points_px, seen.labelled
    places, normals = scenery.vertices, scenery.normals
    maps = label_maps(model, scenery, ids, points, places)
    pixels, corners, weights = barycentric(ids, points, model.triangles)
    on_face = model.face[ids.view(-1)[pixels].long()]
    assert 0 < on_face.sum() < len(pixels) < SIZE * SIZE
    assert torch.equal(maps["mask"].view(-1)[pixels], on_face) and maps["mask"].sum() == on_face.sum()

    def agrees(name, attributes, chosen, atol):
        flat = maps[name].view(SIZE * SIZE, -1)
        expected = gather(corners, weights, attributes)[chosen]
        if name == "normals":
            expected = functional.normalize(expected, dim=1)
        assert torch.allclose(flat[pixels[chosen]], expected, atol=atol)
        assert flat.isfinite().all(1).sum() == chosen.sum()

    everywhere = torch.ones_like(on_face)
    agrees("position_mm", places, everywhere, 1e-3)
    agrees("normals", normals, everywhere, 1e-5)
    agrees("correspondence", model.canonical, on_face, 1e-6)
    agrees("uv", model.uv.nan_to_num(0.0), on_face, 1e-6)
    nearest = corners.gather(1, weights.argmax(1, keepdim=True))[:, 0]
    assert torch.equal(maps["region"].view(-1)[pixels], model.region[nearest])
    assert (maps["region"].view(-1)[ids.view(-1) < 0] == 0).all()


def test_light_is_averaged_over_samples_and_linear_in_the_lamps(head):
    model, scenery, seen = head
    scene = draw_scene(model, 3, 1, SceneConfig(environment=0.0))
    posed = torch.eye(3), torch.tensor([0.0, 0.0, -700.0]), scene.appearance
    still = torch.zeros(len(model.expression_names))
    portrait = Portrait(
        scenery=scenery,
        seen=seen,
        panes=None,
        lighting=scene.lighting,
        arriving=torch.full((len(model.mean),), 0.5),
        appearance=scene.appearance,
        slow=slow_values(template_of(model), scene.appearance),
        occlusion=colour_occlusion(torch.full((len(model.mean),), 0.7)),
        eyes=eye_pair(eye_sockets(model), model.mean, still, *posed, scene.eyes),
        mouth=mouth_look(model, teeth_of(model), model.mean, *posed, scene.mouth),
    )

    def light(lighting: Lighting) -> tuple[torch.Tensor, torch.Tensor]:
        return head_light(replace(portrait, lighting=lighting))

    def scaled(factor: float) -> Lighting:
        def times(colour):
            return tuple(factor * channel for channel in colour)

        lamps = scene.lighting
        colours = tuple(times(colour) for colour in lamps.colours)
        return replace(lamps, sky=times(lamps.sky), ground=times(lamps.ground), side=times(lamps.side), colours=colours)

    once, cover = light(scaled(1.0))
    blocks = (seen.samples >= 0).float().view(SIZE, SAMPLES, SIZE, SAMPLES).mean((1, 3))
    assert torch.equal(cover, blocks) and 0 < cover.mean() < 1
    assert (once[cover > 0] > 0).all() and (once[cover == 0] == 0).all()
    assert torch.allclose(light(scaled(2.0))[0], 2 * once, rtol=1e-5)
    assert light(scaled(0.0))[0].max() == 0
