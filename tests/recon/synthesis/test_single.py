"""What people have on is drawn apart from all else: switches change what they name and nothing beside it."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recon.configuration import read_config
from recon.faces import load
from recon.faces.default import load_default
from recon.people.wardrobe import Dress, DressConfig
from recon.synthesis.config import SceneConfig
from recon.synthesis.single import draw_single

OFF = {name: 0.0 for name in ("hair", "brows", "facial_hair", "glasses", "headwear", "objects", "clothes")}
SCENES = [*Path("configs/scenes").glob("*.yaml"), Path("configs/synth2real/scene.yaml")]


def scene(index: int, **dress):
    return draw_single(load_default(0), 7, index, SceneConfig(dress=DressConfig(**dress)))


def apart_from_dress(one) -> dict:
    return {f.name: str(getattr(one, f.name)) for f in fields(one) if f.name not in ("dress", "appearance")}


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_every_scene_file_is_a_valid_one(path: Path) -> None:
    assert read_config(SceneConfig, path) != SceneConfig()


def test_everything_off_is_nobody_dressed() -> None:
    for index in range(5):
        bare, off = scene(index, dressed=0.0), scene(index, **OFF)
        assert bare.dress == Dress() and bare.appearance == off.appearance
        assert replace(off.dress, seed=0, hides=()) == Dress()


def test_a_switch_changes_what_it_names_alone() -> None:
    for index in range(5):
        everything = scene(index, **dict.fromkeys(OFF, 1.0))
        assert apart_from_dress(everything) == apart_from_dress(scene(index, dressed=0.0))
        for name, field in (*((name, name) for name in list(OFF)[:5]), ("objects", "thing"), ("clothes", "clothes")):
            without = scene(index, **{**dict.fromkeys(OFF, 1.0), name: 0.0})
            assert asdict(without.dress) == asdict(everything.dress) | {field: None}


def test_shares_are_kept_and_skin_stays() -> None:
    people = [scene(index, glasses=0.3) for index in range(300)]
    assert 0.22 < sum(one.dress.glasses is not None for one in people) / 300 < 0.38
    for index in range(20):
        assert people[index].appearance.melanin == scene(index, dressed=0.0).appearance.melanin
    assert len({one.dress.hair.cut for one in people if one.dress.hair}) == 10


def test_varied_heads_and_even_light_change_nothing_else() -> None:
    plain = SceneConfig(environment=0.0)
    for index in range(5):
        before = draw_single(load("default"), 3, index, plain)
        after = draw_single(load("default"), 3, index, replace(plain, variation=1.0, even=1.0))
        assert before.variation_seed is None and after.variation_seed is not None
        assert after.lighting.sky == after.lighting.ground != before.lighting.sky
        same = replace(after, variation_seed=None, lighting=before.lighting)
        assert str(asdict(same)) == str(asdict(before))


def test_grins_are_wider_and_change_the_mouth_alone() -> None:
    model = load("default")
    left, right = model.landmarks[[48, 54]].tolist()
    wide, narrow = [], []
    for index in range(12):
        before = draw_single(model, 3, index, SceneConfig())
        after = draw_single(model, 3, index, SceneConfig(grin=1.0))
        changed = np.flatnonzero(after.expression != before.expression)
        names = [model.expression_names[k] for k in changed]
        assert names and all(name.startswith(("mouth", "jaw", "cheek", "tongue")) for name in names)
        assert str(asdict(replace(after, expression=before.expression))) == str(asdict(before))
        for one, widths in ((before, narrow), (after, wide)):
            shape = model.vertices(torch.from_numpy(one.identity), torch.from_numpy(one.expression))
            widths.append(float(shape[right, 0] - shape[left, 0]))
    assert np.mean(wide) > 1.15 * np.mean(narrow)
