"""pyrender beside ours: the same geometry at pixel centres, the same light about; labels untouched."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import trimesh

from recon.errors import UserError
from recon.faces import load
from recon.geometry.cameras import Camera
from recon.people.wardrobe import DressConfig
from recon.render import second
from recon.synthesis import render_record as rendering
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE = 128
BALL = trimesh.creation.icosphere(subdivisions=3, radius=50.0)
CAMERA = Camera(1000.0, (64.0, 64.0), 128)


@pytest.fixture(scope="module", autouse=True)
def opengl():
    try:
        second.renderer()
    except UserError as reason:
        pytest.skip(f"no second renderer here: {reason}")


@pytest.fixture(scope="module", params=[SceneConfig(dress=DressConfig(glasses=0)), SceneConfig(dress=DressConfig(0))])
def both(request):
    """Our record of a scene, pyrender's, and the portrait that it drew."""
    model, kept = load("default"), []
    scene = draw_scene(model, 5, 1, request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            rendering, "second_light", lambda portrait: kept.append(portrait) or second.second_light(portrait)
        )
        other = rendering.render_record(model, scene, SIZE, "pyrender")
    return rendering.render_record(model, scene, SIZE), other, kept[0]


def test_depth_and_mask_are_those_of_our_labels(both) -> None:
    """Without its multisampling, pyrender asks at pixel centres as we do."""
    ours, _, portrait = both
    scene, nodes = second.portrait_scene(portrait)
    if "laid" in nodes:  # brows and such, which our labels don't see
        scene.remove_node(nodes.pop("laid"))
    colours = {node: [255 * (name == "face"), 255 * (name == "wet"), 128] for name, node in nodes.items()}
    drawn, away = second.drawn(scene, portrait.seen.camera, second.library().RenderFlags.SEG, colours)
    there = np.isfinite(ours.depth_mm)
    assert ((away > 0) == there).mean() > 0.994  # but for what is seen from inside, at the bust's rim
    face = drawn[..., 0] > 0
    assert (face & ours.mask).sum() / (face | ours.mask).sum() > 0.995
    off = np.abs(-away - (ours.depth_mm + ours.origin_mm[2]))[face & ours.mask]
    assert np.median(off) < 0.01 and np.quantile(off, 0.99) < 0.02  # mm: ours are codes of 1/128


def test_only_the_image_differs_and_it_shows_the_same_person_in_the_same_light(both) -> None:
    ours, other, _ = both
    for field in dataclasses.fields(ours):
        if field.name != "rgb":
            np.testing.assert_array_equal(getattr(ours, field.name), getattr(other, field.name))
    assert not np.array_equal(ours.rgb, other.rgb)
    mine, theirs = (record.rgb[record.mask].astype(float) for record in (ours, other))
    assert np.abs(mine.mean(0) - theirs.mean(0)).max() < 12
    assert np.corrcoef(mine.mean(1), theirs.mean(1))[0, 1] > 0.7


def test_a_white_matt_ball_shows_the_irradiance_of_its_light() -> None:
    """Facing a light of irradiance 1/2 that is all there is, white shows 1/2 but for what mirrors at grazing angles."""
    pyrender = second.library()
    scene = pyrender.Scene(bg_color=(0, 0, 0, 0), ambient_light=np.zeros(3))
    material = pyrender.MetallicRoughnessMaterial(metallicFactor=0.0, roughnessFactor=1.0)
    places, normals = second.torch.from_numpy(BALL.vertices + [0, 0, -1000.0]).float(), BALL.vertex_normals.copy()
    white = second.torch.ones(len(places), 3)
    faces = BALL.faces.astype(np.int32)
    scene.add(second.mesh_of(places, second.torch.from_numpy(normals).float(), faces, white, material))
    second.add_light(scene, np.array([0.0, 0.0, 1.0]), np.full(3, 0.5))
    shown, away = second.drawn(scene, CAMERA)
    assert (shown[64, 64] / 255.0) ** second.GAMMA == pytest.approx(0.5, rel=0.1)
    assert away[64, 64] == pytest.approx(950, abs=0.5)
    half_turned = (shown[64, 64 + 26] / 255.0) ** second.GAMMA  # 31 degrees from the light
    assert half_turned.mean() == pytest.approx(0.5 * np.cos(np.arcsin(26 / 50 * 0.95)), rel=0.12)


def test_a_preview_is_a_disc_before_white_in_the_colours_given() -> None:
    red = np.tile([1.0, 0.1, 0.1], (len(BALL.vertices), 1))
    shown = second.second_picture(BALL.vertices + [0, 0, -1000.0], BALL.faces, CAMERA, red)
    inside = (shown < 255).any(-1)
    radius = 1000.0 * 50 / np.sqrt(1000.0**2 - 50**2)
    assert abs(inside.sum() / (np.pi * radius**2) - 1) < 0.05
    assert shown[64, 64, 0] > 150 > 90 > shown[64, 64, 1:].max()
    clay = second.second_picture(BALL.vertices + [0, 0, -1000.0], BALL.faces, CAMERA)
    assert clay[45, 45].mean() > clay[64, 64].mean() > clay[85, 75].mean()


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch) -> None:
    second.library.cache_clear()
    monkeypatch.setattr(second.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"synth2real\[preview\]"):
        second.library()
    second.library.cache_clear()


def test_a_network_can_be_trained_where_opengl_was_started() -> None:
    """In a process of its own: torch's optimisers load another LLVM, which must have come first."""
    code = "from recon.render import second; second.renderer(); import torch; torch.optim.Adam([torch.ones(1)])"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=200)
