"""Drawn faces on canvases. The canvases here are made of renders, whose truth is known."""

import dataclasses
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recon.errors import UserError
from recon.faces import load
from recon.faces.parsing import CLASSES
from recon.faces.proportions import usual_eyes
from recon.geometry.surfaces import vertex_normals
from recon.render.harmonics import polynomials
from recon.synthesis.canvas import Canvas, canvas, canvas_schema, row_from_canvas
from recon.synthesis.config import CanvasConfig, FactorsConfig
from recon.synthesis.expressions import CLOSING
from recon.synthesis.on_canvas import plate_of
from recon.synthesis.on_canvas_scene import DARKEST, held, lighting_of
from recon.synthesis.record import Record
from recon.synthesis.render_job import RenderJob
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.shards import shard_path, write_shard
from recon.synthesis.traits import traits_of
from tests.recon.synthesis.fake_canvases import fake_canvas

MODEL, SIZE = load("default"), 64
AMODAL = ("amodal_mask", "amodal_position_mm", "amodal_correspondence")
TOLD = ("position_mm", "normals", "fine_normals")  # in the mouth, too
OF_MASK = ("correspondence", "uv")
LIGHT = np.zeros((9, 3), np.float32)
LIGHT[0], LIGHT[1], LIGHT[2], LIGHT[3] = 0.7, 0.15, 0.3, (-0.2, -0.15, -0.1)


def stored(folder: Path, *made: Canvas) -> str:
    write_shard(shard_path(folder, 0), canvas_schema(MODEL), [row_from_canvas(one) for one in made])
    return str(folder)


def canvas_of(index: int) -> Canvas:
    """A drawn head as a photo: its face painted over, a bar across it kept, the truth for a fit."""
    scene = draw_scene(MODEL, 1, index, SceneConfig(yaw_max_deg=20))
    record = render_record(MODEL, scene, SIZE)
    plate = record.rgb.copy()
    plate[record.amodal_mask] = (170, 130, 110)
    over = np.zeros((SIZE, SIZE), np.uint8)
    over[:, 30:34] = 255 * record.amodal_mask[:, 30:34]
    classes = np.where(over > 0, CLASSES.index("hair"), CLASSES.index("skin")).astype(np.uint8)
    angles = scene.yaw_deg, scene.pitch_deg, scene.roll_deg
    return replace(
        fake_canvas(MODEL, index, SIZE),
        plate=plate,
        over=over,
        classes=classes,
        face=record.amodal_mask,
        identity=record.identity,
        expression=record.expression,
        rotation=record.rotation,
        translation_mm=record.translation_mm,
        focal_px=record.focal_px,
        light=LIGHT,
        tone=np.array([0.45, 0.25, 0.17], np.float32),
        yaw_deg=angles[0],
        pitch_deg=angles[1],
        roll_deg=angles[2],
        noise=0.01,
        quality=90,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return stored(tmp_path_factory.mktemp("canvases"), *(canvas_of(index) for index in range(3)))


@pytest.fixture(scope="module")
def pairs(folder: str) -> list[tuple[Record, Record]]:
    """Scenes on canvases, and the plain renders of the same scenes."""
    config = SceneConfig(canvas=CanvasConfig(folder=folder))
    scenes = [draw_scene(MODEL, 0, index, config) for index in range(4)]
    return [(render_record(MODEL, s, SIZE), render_record(MODEL, replace(s, canvas=None), SIZE)) for s in scenes]


def test_labels_in_the_mask_are_the_plain_render_s_bit_for_bit(pairs: list[tuple[Record, Record]]) -> None:
    for laid, plain in pairs:
        assert laid.mask.sum() > 300 and not (laid.mask & ~plain.mask).any() and (plain.mask & ~laid.mask).any()
        for name in (*TOLD, *OF_MASK, "region"):
            assert np.array_equal(getattr(laid, name)[laid.mask], getattr(plain, name)[laid.mask])
        for name in (*AMODAL, "landmarks_px", "landmarks_mm", "vertices_mm", "identity", "rotation", "origin_mm"):
            assert np.array_equal(getattr(laid, name), getattr(plain, name), equal_nan=True)


def test_outside_the_mask_only_the_photo_s_classes_are_told(pairs: list[tuple[Record, Record]]) -> None:
    inside = [5, 6]
    for laid, _ in pairs:
        assert np.isnan(laid.correspondence[~laid.mask]).all() and np.isnan(laid.uv[~laid.mask]).all()
        told = laid.mask | np.isin(laid.region, inside)
        assert all(np.isnan(getattr(laid, name)[~told]).all() for name in TOLD)
        assert set(np.unique(laid.region[~told])) <= {1, 11}  # skin and hair
        column, row = laid.landmarks_px.astype(int).clip(0, SIZE - 1).T
        bar = laid.amodal_mask & ~laid.mask & (laid.region == 11)
        assert bar.sum() > 20 and not laid.landmarks_visible[bar[row, column]].any()


def test_what_lies_far_from_the_face_keeps_its_pixels(folder: str, pairs: list[tuple[Record, Record]]) -> None:
    for laid, _ in pairs:
        name = json.loads(laid.scene)["canvas"]
        assert np.array_equal(laid.rgb[:3], canvas(folder, name).plate[:3])
        assert not np.array_equal(laid.rgb, canvas(folder, name).plate)


def test_the_face_has_the_photo_s_tone(pairs: list[tuple[Record, Record]]) -> None:
    for laid, _ in pairs:
        skin = laid.mask & (laid.region == 1)
        shading = np.maximum(polynomials(laid.normals[skin]) @ LIGHT, 0)
        wanted = np.array([0.45, 0.25, 0.17]) * np.median(shading, 0)
        there = np.median((laid.rgb[skin] / 255) ** 2.2, 0)
        assert there == pytest.approx(wanted, rel=0.15)


def test_the_same_face_lies_where_the_photo_had_it(tmp_path: Path) -> None:
    one = canvas_of(5)
    config = CanvasConfig(folder=stored(tmp_path, one), turn_deg=0, shape=1, expression=0)
    scene = draw_scene(MODEL, 0, 0, SceneConfig(canvas=config))
    same = render_record(MODEL, replace(scene, expression=one.expression), SIZE)
    apart = (
        same.landmarks_px
        - render_record(MODEL, draw_scene(MODEL, 1, 5, SceneConfig(yaw_max_deg=20)), SIZE).landmarks_px
    )
    assert np.abs(apart).max() < 3
    assert np.allclose(same.identity, one.identity + usual_eyes(MODEL).numpy(), atol=1e-5)


def test_pose_stays_within_the_turn_and_expressions_near_or_free(folder: str) -> None:
    config = SceneConfig(canvas=CanvasConfig(folder=folder, turn_deg=4, expression=1))
    for index in range(8):
        scene = draw_scene(MODEL, 3, index, config)
        one = canvas(folder, str(scene.canvas))
        assert abs(scene.yaw_deg - one.yaw_deg) <= 4 and abs(scene.pitch_deg - one.pitch_deg) <= 4
        assert scene.roll_deg == one.roll_deg and scene.fov_deg == pytest.approx(
            np.degrees(2 * np.arctan(SIZE / 2 / one.focal_px))
        )
        others = np.array([n.startswith("eyeLook") or n in CLOSING for n in MODEL.expression_names])
        free = draw_scene(MODEL, 3, index, replace(config, canvas=replace(config.canvas, expression=0)))
        assert np.allclose(
            scene.expression[~others], (0.85 * one.expression + 0.15 * free.expression)[~others], atol=1e-6
        )


def test_without_canvases_scenes_and_their_json_are_as_ever() -> None:
    scene = draw_scene(MODEL, 0, 3, SceneConfig())
    drawn = json.loads(render_record(MODEL, scene, 32).scene)
    assert scene.canvas is None and "canvas" not in drawn and "irradiance" not in drawn["lighting"]
    assert traits_of(MODEL, scene).canvas == ""


def test_lamp_and_rest_are_the_photo_s_light() -> None:
    lighting = lighting_of(LIGHT)
    normals = np.asarray(vertex_normals(MODEL.mean, MODEL.triangles), float)
    normals = normals[normals[:, 2] > 0.2]
    lamp = np.maximum(normals @ np.array(lighting.directions[0]), 0)[:, None] * np.array(lighting.colours[0])
    found = polynomials(normals) @ np.array(lighting.irradiance) + lamp
    assert np.abs(found - polynomials(normals) @ LIGHT).max() < 0.04  # what a lamp has beyond the second order


def test_light_is_held_above_the_dark_where_no_skin_told_it() -> None:
    wild = LIGHT.astype(float)
    wild[4:] = 0.6
    directions = np.random.default_rng(0).normal(size=(500, 3))
    directions[:, 2] = np.abs(directions[:, 2]) + 0.1
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    least = (polynomials(directions[directions[:, 2] > 0.12]) @ held(wild)).min(0)
    assert (least >= 0.9 * DARKEST * wild[0]).all() and np.array_equal(held(LIGHT.astype(float)), LIGHT.astype(float))


def test_a_row_says_its_canvas_and_is_made_again(folder: str) -> None:
    config = SceneConfig(canvas=CanvasConfig(folder=folder), shots_per_person=2)
    job = RenderJob(0, SIZE, config)
    rows = [job.open()(range(2)) for _ in range(2)]
    for first, again in zip(*rows, strict=True):
        assert (
            first is not None and again is not None and first["canvas"].startswith("fake_") and first["hair"] == "photo"
        )
        assert first["render"] == again["render"] and first["scene"] == again["scene"]
    assert "canvases" in job.manifest() and "canvases" not in RenderJob(0, SIZE, SceneConfig()).manifest()


def test_a_canvas_serves_other_sizes(folder: str) -> None:
    plate = plate_of(folder, "fake_0", 32)
    assert plate.shown.shape == (32, 32, 3) and plate.face.dtype == bool
    scene = draw_scene(MODEL, 0, 0, SceneConfig(canvas=CanvasConfig(folder=folder)))
    assert render_record(MODEL, scene, 48).rgb.shape == (48, 48, 3)


def test_balance_draws_canvases_of_the_group(folder: str) -> None:
    yaws = sorted(canvas(folder, f"fake_{n}").yaw_deg for n in range(3))
    low = int(np.floor(yaws[-1] - 1))
    config = SceneConfig(
        canvas=CanvasConfig(folder=folder, turn_deg=0),
        balance={"yaw_deg": {f"{low}:90": 1.0}, "glasses": {"photo": 1.0}},
    )
    scene = draw_scene(MODEL, 0, 4, config)
    assert scene.yaw_deg >= low and scene.index == 4
    assert scene.yaw_deg == pytest.approx(canvas(folder, str(scene.canvas)).yaw_deg)


def test_mistakes_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="leave one of both out"):
        SceneConfig(canvas=CanvasConfig(folder="x"), factors=FactorsConfig(lights=2))
    with pytest.raises(UserError, match="no canvases in"):
        draw_scene(MODEL, 0, 0, SceneConfig(canvas=CanvasConfig(folder=str(tmp_path / "none"))))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no canvases in"):
        draw_scene(MODEL, 0, 0, SceneConfig(canvas=CanvasConfig(folder=str(tmp_path / "empty"))))
    other = dataclasses.replace(fake_canvas(MODEL), identity=np.zeros(3, np.float32))
    write_shard(shard_path(tmp_path / "other", 0), replace_lengths(other), [row_from_canvas(other)])
    with pytest.raises(UserError, match="another face model"):
        draw_scene(MODEL, 0, 0, SceneConfig(canvas=CanvasConfig(folder=str(tmp_path / "other"))))
    broken = Path(stored(tmp_path / "broken", fake_canvas(MODEL)))
    shard_path(broken, 0).write_bytes(b"PAR1 nothing")
    with pytest.raises(UserError, match="can't be read"):
        draw_scene(MODEL, 0, 0, SceneConfig(canvas=CanvasConfig(folder=str(broken))))


def replace_lengths(one: Canvas):
    schema = canvas_schema(MODEL)
    return dataclasses.replace(schema, lengths={**schema.lengths, "k": len(one.identity)})
