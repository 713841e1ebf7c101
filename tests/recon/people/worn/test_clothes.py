"""Clothes lie outside the skin, in one piece, on heads of any shape; where they are worn the bust beneath is skin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recon.faces import load
from recon.faces.model import REGIONS
from recon.geometry.cameras import Camera
from recon.geometry.rasterize import rasterize
from recon.geometry.surfaces import triangle_normals
from recon.people.worn.bust import ALONG_MM, AZIMUTH, COLUMNS, bust_of, bust_places, template_bust
from recon.people.worn.clothes import KINDS, clothes_part, draw_clothes, raised
from recon.render.scenery import scenery_of
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene, head_rotation
from tests.shared import SHARED

ICT = SHARED / "models" / "ict_facekit.npz"
CLOTHES, NECK = REGIONS.index("clothes"), REGIONS.index("neck")


@pytest.fixture(scope="module", params=["default", "ict"])
def model(request):
    if request.param == "default":
        return load("default")
    if not ICT.exists():
        pytest.skip("the ICT model is not at hand")
    return load(f"ict:{ICT}")


def drawn(model, index):
    scene = draw_scene(model, 12, index, SceneConfig())
    return scene, model.vertices(torch.from_numpy(scene.identity), torch.from_numpy(scene.expression))


def of_kind(kind, seed=3):
    rng = np.random.default_rng(seed)
    return next(one for one in (draw_clothes(rng) for _ in range(400)) if one.kind == kind)


def test_the_lattice_of_the_mean_head_lies_on_its_skin():
    model = load("default")
    mean, template = bust_of(model, model.mean), template_bust()
    off = (mean.cells[:, :3] - template.cells[:, :3]).norm(dim=1).view(-1, COLUMNS)
    assert off[np.flatnonzero(ALONG_MM > -20)].max() < 5.0
    ids, along, azimuth, _ = bust_places(model)
    near = (along > 0) & (along < mean.reach.min())
    found = mean.at(along[near], azimuth[near])
    height = ((model.mean[ids].numpy()[near] - found.place) * found.outward).sum(1)
    assert np.abs(height).max() < 3.0
    moved = bust_of(model, model.mean + torch.tensor([1.0, 2.0, 3.0]))
    assert torch.allclose(moved.cells[:, :3] - mean.cells[:, :3], torch.tensor([1.0, 2.0, 3.0]), atol=1e-3)


def test_a_node_of_the_lattice_is_found_at_its_own_coordinates():
    bust = template_bust()
    found = bust.at(np.array([ALONG_MM[20]]), AZIMUTH[[31]])
    assert np.allclose(found.place[0], bust.cells[20 * COLUMNS + 31, :3], atol=1e-3)
    around = bust.at(np.array([10.0, 10.0]), np.array([0.3, 0.3 + 2 * np.pi]))
    assert np.allclose(around.place[0], around.place[1], atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_neckline_passes_its_three_depths(kind):
    worn = of_kind(kind)
    assert np.allclose(
        worn.neckline(np.array([0.0, np.pi / 2, np.pi, -np.pi / 2])), [worn.front, worn.side, worn.back, worn.side]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_is_well_formed_and_decided_by_its_draw(model, kind):
    _, vertices = drawn(model, KINDS.index(kind))
    worn = of_kind(kind)
    part, again = (clothes_part(model, vertices, worn) for _ in range(2))
    assert torch.equal(part.vertices, again.vertices) and torch.equal(part.albedo, again.albedo)
    assert part.region == CLOTHES and len(part.triangles) < 18000 and part.triangles.max() < len(part.vertices)
    assert part.vertices.dtype == torch.float32 and torch.isfinite(part.vertices).all()
    assert torch.allclose(part.normals.norm(dim=1), torch.ones(len(part.normals)), atol=1e-3)
    assert (part.albedo >= 0).all() and (part.albedo <= 1).all()


@pytest.mark.parametrize("kind", ["t_shirt", "jumper", "top"])
def test_the_stuff_is_wound_outward(kind):
    model = load("default")
    part = clothes_part(model, model.mean, replace(of_kind(kind), collar=False))
    centre = part.vertices[part.triangles.long()].mean(1)
    facing = triangle_normals(part.vertices, part.triangles)[:, 2]
    chest = (centre[:, 0].abs() < 60) & (centre[:, 1] < -270) & (centre[:, 2] > -60)
    assert chest.sum() > 100 and (facing[chest] > 0).float().mean() > 0.99


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("yaw_deg,pitch_deg", [(0, 0), (90, 0), (-45, 30), (180, -20)])
def test_no_skin_comes_through(model, kind, yaw_deg, pitch_deg):
    for index in range(2):
        _, vertices = drawn(model, 10 * index + KINDS.index(kind))
        worn = of_kind(kind, seed=index)
        part = clothes_part(model, vertices, worn)
        turned = torch.from_numpy(head_rotation(yaw_deg, pitch_deg, 0.0))
        posed = torch.cat([vertices, part.vertices]) @ turned.T - torch.tensor([0.0, -120.0, 1500.0])
        triangles = torch.cat([model.triangles, part.triangles + len(vertices)])
        points = Camera.from_fov(22.0, 300).project_with_distance(posed)
        ids = rasterize(points, triangles, 300, 300, closed=len(model.triangles))
        seen = triangles[ids[ids >= 0].unique().long()].long()
        places, along, azimuth, _ = bust_places(model)
        edge = 4.0 + 0 * azimuth if worn.kind in ("shirt", "suit", "polo_neck") else worn.neckline(azimuth)
        if worn.kind in ("shirt", "suit"):
            edge = edge + 90.0 * np.clip(
                1 - np.abs(np.arctan2(np.sin(azimuth), np.cos(azimuth))) / np.radians(40), 0, 1
            )
        covered = torch.zeros(len(posed), dtype=torch.bool)
        covered[places] = torch.from_numpy(along > edge + 12.0)
        assert (seen < len(vertices)).all(1).any() and not covered[seen].all(1).any()


def test_what_hangs_over_clothes_is_lifted_off_the_bust_alone(model):
    worn = of_kind("suit")
    moved = (raised(model, model.mean, worn) - model.mean).norm(dim=1)
    bust = torch.isin(model.region.int(), torch.tensor([CLOTHES, NECK], dtype=torch.int32))
    assert (moved[~bust] == 0).all() and moved[model.region == CLOTHES].median() > 8


def test_the_bust_beneath_is_skin_where_the_labels_see_clothes():
    model = load("default")
    part = clothes_part(model, model.mean, of_kind("top"))
    nothing = torch.eye(3), torch.zeros(3)
    own = len(model.mean)
    shown = scenery_of(model, model.mean, [part], *nothing)
    assert (shown.region[:own] != CLOTHES).all() and (shown.region[own:] == CLOTHES).all()
    assert torch.equal(shown.region[:own] == NECK, (model.region == NECK) | (model.region == CLOTHES))
    hidden = scenery_of(model, model.mean, [part], *nothing, hides=())
    assert torch.equal(hidden.region[:own], model.region)


def test_clothes_own_their_pixels_and_leave_all_else_alone():
    model = load("default")
    scene = draw_scene(model, 5, 3, SceneConfig())
    dress = replace(scene.dress, hair=None, headwear=None, thing=None, glasses=None, facial_hair=None)
    scene = replace(scene, eye_share=0.15, eye_v=0.3, dress=replace(dress, clothes=of_kind("jumper")))
    worn, bare = (
        render_record(model, one, 96) for one in (scene, replace(scene, dress=replace(scene.dress, clothes=None)))
    )
    cloth = worn.region == CLOTHES
    assert cloth.sum() > 500 and not (worn.mask & cloth).any()
    assert np.array_equal(worn.amodal_mask, bare.amodal_mask) and np.array_equal(worn.vertices_mm, bare.vertices_mm)
    elsewhere = ~cloth & (bare.region != CLOTHES)
    assert np.array_equal(worn.region[elsewhere], bare.region[elsewhere])
    assert np.array_equal(worn.mask[elsewhere], bare.mask[elsewhere])
    assert np.array_equal(worn.position_mm[elsewhere], bare.position_mm[elsewhere], equal_nan=True)
