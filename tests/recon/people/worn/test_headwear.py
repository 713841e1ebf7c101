from __future__ import annotations

import numpy as np
import pytest
import torch

from recon.faces import load
from recon.faces.model import REGIONS
from recon.geometry.cameras import Camera
from recon.geometry.rasterize import rasterize
from recon.geometry.surfaces import triangle_normals
from recon.people.worn.headmap import COLUMNS, MIDDLE_MM, ROWS, head_map
from recon.people.worn.headwear import KINDS, covered, draw_headwear, headwear_part
from recon.people.worn.headwear_design import hem_height
from recon.synthesis.scene import SceneConfig, draw_scene


@pytest.fixture(scope="module")
def model():
    return load("default")


@pytest.fixture(scope="module")
def worn(model):
    """kind -> (vertices, headwear, part) on drawn heads."""
    made, rng = {}, np.random.default_rng(3)
    for k, kind in enumerate(KINDS):
        scene = draw_scene(model, 12, k, SceneConfig())
        vertices = model.vertices(torch.from_numpy(scene.identity), torch.from_numpy(scene.expression))
        headwear = next(drawn for drawn in (draw_headwear(rng) for _ in range(300)) if drawn.kind == kind)
        made[kind] = (vertices, headwear, headwear_part(model, vertices, headwear))
    return made


def seen_from_front(model, vertices, part):
    """(S, S) labels: of the head's triangles by region, of the part its region; and the camera's ids of the eyes."""
    camera = Camera.from_fov(20.0, 160)
    points = camera.project_with_distance(torch.cat([vertices, part.vertices]) - torch.tensor([0.0, 0.0, 900.0]))
    triangles = torch.cat([model.triangles, part.triangles + len(vertices)])
    ids = rasterize(points, triangles, 160, 160)
    labels = torch.cat([model.region[model.triangles[:, 0].long()], torch.full((len(part.triangles),), part.region)])
    return torch.where(ids >= 0, labels[ids.long().clamp(min=0)].int(), 0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_draw_gives_the_same_part(model, worn, kind):
    vertices, headwear, part = worn[kind]
    again = headwear_part(model, vertices, headwear)
    assert torch.equal(part.vertices, again.vertices) and torch.equal(part.albedo, again.albedo)


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_is_well_formed(worn, kind):
    part = worn[kind][2]
    assert part.region == REGIONS.index("headwear") and len(part.triangles) < 10000
    assert part.vertices.dtype == torch.float32 and part.triangles.dtype == torch.int32
    assert torch.isfinite(part.vertices).all() and part.triangles.max() < len(part.vertices)
    assert torch.allclose(part.normals.norm(dim=1), torch.ones(len(part.normals)), atol=1e-3)
    assert (part.albedo >= 0).all() and (part.albedo <= 1).all()


@pytest.mark.parametrize("kind", ["cap", "beanie", "headscarf", "turban"])
def test_the_crown_is_wound_outward(worn, kind):
    part = worn[kind][2]
    centre = part.vertices[part.triangles.long()].mean(1)
    high = centre[:, 1] > 70
    outward = torch.nn.functional.normalize(centre - torch.tensor(MIDDLE_MM).float(), dim=1)
    facing = (triangle_normals(part.vertices, part.triangles) * outward).sum(1)[high]
    assert high.sum() > 100 and (facing > 0).float().mean() > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_it_leaves_the_eyes_and_hides_the_scalp(model, worn, kind):
    vertices, _, part = worn[kind]
    nothing = part.__class__(**{**vars(part), "triangles": part.triangles[:0]})
    before, after = (seen_from_front(model, vertices, shown) for shown in (nothing, part))
    eyes, scalp = REGIONS.index("eyes"), REGIONS.index("scalp")
    assert (before == eyes).sum() > 20 and torch.equal(before == eyes, after == eyes)
    shown = (after == scalp).sum() / (before == scalp).sum()
    assert shown < (1.0 if kind == "band" else 0.12)


def test_what_lies_under_a_cap_is_said(model, worn):
    cap = worn["cap"][1]
    under = covered(model, cap)
    crown = model.mean[:, 1] > 90
    assert under[crown].all() and not under[model.region == REGIONS.index("eyes")].any()
    assert (covered(model, cap, 10.0) <= under).all() and covered(model, cap, 10.0).sum() < under.sum()


def test_the_hem_passes_its_three_heights(worn):
    cap = worn["cap"][1]
    assert np.allclose(
        hem_height(cap, np.array([0.0, np.pi / 2, np.pi, -np.pi / 2])), [cap.front, cap.side, cap.back, cap.side]
    )


def test_the_map_of_the_mean_head_is_its_template(model):
    head = head_map(model, model.mean)
    assert head.place.shape == (ROWS, COLUMNS, 3) and np.abs(head.place - head.template).max() < 1e-2
    moved = head_map(model, model.mean + torch.tensor([1.0, 2.0, 3.0]))
    assert np.allclose(moved.place - head.place, [1, 2, 3], atol=1e-4)
    at_node, _ = head.at(np.array([0.0]), np.array([0.0]))
    assert np.allclose(at_node[0], head.place[0, 0])
