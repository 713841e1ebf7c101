from __future__ import annotations

import numpy as np
import pytest
import torch

from recon.faces import load
from recon.faces.model import REGIONS
from recon.geometry.cameras import Camera
from recon.geometry.rasterize import rasterize
from recon.people.worn.clearance import front_field
from recon.people.worn.objects import KINDS, draw_object, object_part
from recon.synthesis.scene import SceneConfig, draw_scene


@pytest.fixture(scope="module")
def model():
    return load("default")


@pytest.fixture(scope="module")
def held(model):
    """kind -> (vertices, thing, part) on drawn heads."""
    made, rng = {}, np.random.default_rng(6)
    for k, kind in enumerate(KINDS):
        scene = draw_scene(model, 13, k, SceneConfig())
        vertices = model.vertices(torch.from_numpy(scene.identity), torch.from_numpy(scene.expression))
        thing = next(drawn for drawn in (draw_object(rng) for _ in range(300)) if drawn.kind == kind)
        made[kind] = (vertices, thing, object_part(model, vertices, thing))
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_draw_gives_the_same_part(model, held, kind):
    vertices, thing, part = held[kind]
    assert torch.equal(part.vertices, object_part(model, vertices, thing).vertices)


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_is_well_formed(held, kind):
    part = held[kind][2]
    assert part.region == REGIONS.index("object") and len(part.triangles) < 8000
    assert torch.isfinite(part.vertices).all() and part.triangles.max() < len(part.vertices)
    assert torch.allclose(part.normals.norm(dim=1), torch.ones(len(part.normals)), atol=1e-3)
    assert (part.albedo >= 0).all() and (part.albedo <= 1).all()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "scarf"])
def test_bodies_are_wound_outward(held, kind):
    part = held[kind][2]
    a, b, c = (part.vertices - part.vertices.mean(0)).double()[part.triangles.long()].unbind(1)
    assert float((a * torch.linalg.cross(b, c)).sum()) > 0


@pytest.mark.parametrize("kind", KINDS)
def test_it_covers_a_part_of_the_face_and_not_all(model, held, kind):
    vertices, _, part = held[kind]
    camera = Camera.from_fov(20.0, 160)
    points = camera.project_with_distance(torch.cat([vertices, part.vertices]) - torch.tensor([0.0, 0.0, 900.0]))
    bare = rasterize(points, model.triangles, 160, 160)
    ids = rasterize(points, torch.cat([model.triangles, part.triangles + len(vertices)]), 160, 160)
    face = (bare >= 0) & model.face[bare.clamp(min=0).long()]
    share = float((face & (ids >= len(model.triangles))).sum() / face.sum())
    assert 0.005 < share < 0.75


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "scarf"])
def test_it_touches_the_face_and_does_not_enter_it(model, held, kind):
    vertices, _, part = held[kind]
    skin = front_field(model, vertices)
    places = part.vertices.double().numpy()
    over = places[:, 2] - skin.at(places[:, 0], places[:, 1])
    front = (np.abs(places[:, 0]) < 55) & (places[:, 2] > -20)
    assert over[front].min() > -0.5
    if kind in ("hand", "mask", "microphone"):  # a flat thing touches between its corners
        assert over[front].min() < 12


def test_a_hand_takes_the_skin_that_it_is_given(model, held):
    vertices, thing, _ = held["hand"]
    part = object_part(model, vertices, thing, skin=(0.3, 0.2, 0.1))
    assert (part.albedo == torch.tensor([0.3, 0.2, 0.1])).all(1).any()
