from __future__ import annotations

import numpy as np
import pytest
import torch

from recon.faces import load
from recon.faces.model import REGIONS
from recon.geometry.closest_points import closest_points
from recon.geometry.surfaces import triangle_cross
from recon.people.worn.clearance import HeightField, bridged, ears_of, taut
from recon.people.worn.glasses import draw_glasses, glasses_parts
from recon.people.worn.glasses_design import FAMILIES, outline
from recon.synthesis.scene import SceneConfig, draw_scene

HEADS = range(5)


@pytest.fixture(scope="module")
def model():
    return load("default")


@pytest.fixture(scope="module")
def worn(model):
    """(vertices, glasses, parts) of several drawn heads."""
    made = []
    for k in HEADS:
        scene = draw_scene(model, 11, k, SceneConfig())
        vertices = model.vertices(torch.from_numpy(scene.identity), torch.from_numpy(scene.expression))
        glasses = draw_glasses(np.random.default_rng([4, k]))
        made.append((vertices, glasses, glasses_parts(model, vertices, glasses)))
    return made


def signed_volume(vertices, triangles):
    a, b, c = vertices.double()[triangles.long()].unbind(1)
    return float((a * torch.linalg.cross(b, c)).sum() / 6)


def components(triangles, count):
    label = np.arange(count)
    while True:
        low = label[triangles].min(1)
        before = label.copy()
        for corner in triangles.T:
            np.minimum.at(label, corner, low)
        if (label == before).all():
            return label


def test_the_same_draw_gives_the_same_parts(model, worn):
    again = glasses_parts(model, worn[0][0], draw_glasses(np.random.default_rng([4, 0])))
    for one, other in zip(worn[0][2], again, strict=True):
        assert torch.equal(one.vertices, other.vertices) and torch.equal(one.albedo, other.albedo)
    assert draw_glasses(np.random.default_rng(1)) != draw_glasses(np.random.default_rng(2))


def test_parts_say_what_they_are(worn):
    for _, _, parts in worn:
        assert sum(len(part.triangles) for part in parts) < 8000
        assert parts[0].transmission == 0 and parts[1].transmission > 0.9
        for part in parts:
            assert part.region == REGIONS.index("glasses")
            assert part.vertices.dtype == torch.float32 and part.triangles.dtype == torch.int32
            assert torch.allclose(part.normals.norm(dim=1), torch.ones(len(part.normals)), atol=1e-4)
            assert (part.albedo >= 0).all() and (part.albedo <= 1).all() and (part.tangents == 0).all()


def test_every_body_is_closed_and_wound_outward(worn):
    for _, _, parts in worn:
        for part in parts:
            triangles = part.triangles.numpy()
            edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
            forward = set(map(tuple, edges.tolist()))
            assert len(forward) == len(edges) and all((b, a) in forward for a, b in forward)
            label = components(triangles, len(part.vertices))
            for one in np.unique(label):
                mine = torch.from_numpy(label[triangles[:, 0]] == one)
                assert signed_volume(part.vertices, part.triangles[mine]) > 0


def test_nothing_enters_the_skin(model, worn):
    triangles = model.triangles.numpy()
    for vertices, _, parts in worn:
        normals = triangle_cross(vertices, model.triangles).numpy()
        for part in parts:
            places = part.vertices.numpy()
            close = closest_points(places, vertices.numpy(), triangles, 48)
            inside = ((places - close.point) * normals[close.triangle]).sum(1) < 0
            assert not (inside & (close.distance < 8)).any()  # farther off, the nearest fold of a lid tells nothing
            assert close.distance.min() > 0.15


def test_eyes_lie_behind_the_lenses(model, worn):
    for vertices, _, parts in worn:
        lenses = parts[1].vertices
        eyes = vertices[model.region == REGIONS.index("eyes")]
        for side in (1, -1):
            lens, eye = lenses[lenses[:, 0] * side > 0], eyes[eyes[:, 0] * side > 0]
            pupil = eye[eye[:, 2].argmax()]
            assert (lens.amin(0)[:2] < pupil[:2]).all() and (pupil[:2] < lens.amax(0)[:2]).all()
            over = lens[(lens[:, :2] - pupil[:2]).norm(dim=1).argmin(), 2] - pupil[2]
            assert 3 < over < 22


def test_temples_pass_over_the_ears_and_end_behind_them(model, worn):
    for vertices, _, parts in worn:
        frame, ears = parts[0].vertices, vertices[model.region == REGIONS.index("ears")]
        for side in (1, -1):
            bar, ear = frame[frame[:, 0] * side > 40], ears[ears[:, 0] * side > 0]
            top = ear[ear[:, 1].argmax()]
            over = bar[(bar[:, 2] - top[2]).abs() < 6]
            assert len(over) and over[:, 1].min() > top[1] - 12
            tip = bar[bar[:, 2].argmin()]
            assert tip[2] < ear[:, 2].quantile(0.1) and tip[1] < top[1]


@pytest.mark.parametrize("name", FAMILIES)
def test_outlines_are_closed_loops_with_even_steps(name):
    rng = np.random.default_rng(0)
    glasses = next(g for g in (draw_glasses(rng) for _ in range(200)) if g.family == name)
    edge = outline(glasses)
    steps = np.linalg.norm(np.roll(edge, -1, 0) - edge, axis=1)
    assert steps.max() < 1.1 * np.median(steps)
    x, y = edge.T
    area = 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
    assert 0.7 < area / (np.ptp(x) * np.ptp(y)) < 1.0  # counter-clockwise, between a triangle and its box


def test_taut_string_is_the_concave_envelope():
    places = np.arange(7.0)
    assert np.allclose(taut(places, np.array([0, -5, 3, -2, 1, -9, 0.0])), [0, 1.5, 3, 2.25, 1.5, 0.75, 0])


def test_height_field_is_bilinear_and_bridges_holes():
    ramp = np.arange(12.0)[None].repeat(5, 0)
    field = HeightField((0.0, 0.0), ramp)
    assert np.isclose(field.at(np.array(5.0), np.array(2.0)), 5.0 / 1.25 - 0.5)
    holed = ramp.copy()
    holed[2, 3:8] = -1000
    assert np.allclose(bridged(holed), ramp)


def test_ears_lie_at_the_sides(model):
    assert (model.mean[ears_of(model), 0].abs() > 55).all()
