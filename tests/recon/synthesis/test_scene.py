"""Who is in a scene: one picture each, several of each person, or a grid of them."""

from dataclasses import fields

import numpy as np
import pytest

from recon.configuration import changed
from recon.errors import UserError
from recon.faces import load
from recon.synthesis.config import FactorsConfig, SceneConfig
from recon.synthesis.render_job import RenderJob
from recon.synthesis.scene import GROWN, OF_PERSON, draw_scene
from recon.synthesis.schema import record_from_row, traits_from_row
from recon.synthesis.single import draw_single


@pytest.fixture(scope="module")
def model():
    return load("default")


def same(one, other) -> bool:
    return repr(one) == repr(other)


def test_alone_a_scene_is_what_it_ever_was(model):
    config = SceneConfig()
    assert all(same(draw_scene(model, 5, i, config), draw_single(model, 5, i, config)) for i in range(4))


FIXED = ("dress", "seed", "backgrounds", "calm", "canvases", "canvas")  # between shots before drawn surroundings


def test_a_person_keeps_shape_skin_and_hair_and_nothing_else(model):
    config = SceneConfig(shots_per_person=4, variation=0.5)
    scenes = [draw_scene(model, 5, index, config) for index in range(12)]
    assert [(one.person, one.shot, one.index) for one in scenes] == [(i // 4, i % 4, i) for i in range(12)]
    for first in scenes[::4]:
        assert same(first, draw_scene(model, 5, first.index, config)) and first.shot == 0
        plain = draw_single(model, 5, first.index, config)
        assert same(first.identity, plain.identity) and same(first.dress, plain.dress)
        for shot in scenes[first.index + 1 : first.index + 4]:
            assert all(same(getattr(shot, name), getattr(first, name)) for name in OF_PERSON)
            assert all(same(getattr(shot.dress, name), getattr(first.dress, name)) for name in GROWN)
            moving = {field.name for field in fields(shot)} - {*OF_PERSON, *FIXED}
            assert all(not same(getattr(shot, name), getattr(first, name)) for name in moving)
    assert not same(scenes[0].identity, scenes[4].identity)


def test_a_grid_shows_every_cell_once_and_varies_only_what_it_names(model):
    grid = FactorsConfig(yaw_deg=(-30, 30), expression=("neutral", "mouthSmile+jawOpen"), lights=2)
    config = SceneConfig(factors=grid)
    assert config.shots == 8 and bool(grid) and not FactorsConfig()
    scenes = [draw_scene(model, 5, index, config) for index in range(16)]
    cells = {(one.yaw_deg, repr(one.expression), repr(one.lighting)) for one in scenes}
    assert len(cells) == 8  # the lights are the same for both people
    fixed = {f.name for f in fields(scenes[0])} - {"yaw_deg", "rotation", "expression", "lighting", "index", "shot"}
    for first in (scenes[0], scenes[8]):
        for one in scenes[first.index : first.index + 8]:
            assert all(same(getattr(one, name), getattr(first, name)) for name in fixed)
    active = model.activations(scenes[2].expression)
    assert active == pytest.approx({"mouthSmileLeft": 1, "mouthSmileRight": 1, "jawOpen": 1}, abs=1e-5)


def test_pictures_of_a_cell_differ_in_their_moment(model):
    grid = FactorsConfig(yaw_deg=(0, 40))
    scenes = [draw_scene(model, 5, i, SceneConfig(factors=grid, shots_per_person=2)) for i in range(4)]
    assert [one.yaw_deg for one in scenes] == [0, 40, 0, 40]
    assert same(scenes[0].lighting, scenes[1].lighting) and not same(scenes[0].lighting, scenes[2].lighting)
    assert len({repr(one.identity) for one in scenes}) == 1


def test_an_expression_that_the_model_does_not_know_is_named(model):
    config = SceneConfig(factors=FactorsConfig(expression=("mouthSmill",)))
    with pytest.raises(UserError, match=r"mouthSmill.*mouthSmile"):
        draw_scene(model, 0, 0, config)


def test_rows_of_a_person_hold_one_shape(model):
    scene = changed(SceneConfig(), {"shots_per_person": 2, "dress.dressed": 0.0}, "the scene")
    rows = RenderJob(3, 48, scene).open()(range(4))
    records, traits = [record_from_row(row) for row in rows], [traits_from_row(row) for row in rows]
    assert [(one.person, one.shot) for one in traits] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert np.array_equal(records[0].identity, records[1].identity)
    assert not np.array_equal(records[0].identity, records[2].identity)
    assert not np.array_equal(records[0].rgb, records[1].rgb)
