from dataclasses import fields, replace

import numpy as np
import pytest

from recon.errors import UserError
from recon.faces import load
from recon.people.config import DressConfig
from recon.synthesis.balance import balanced
from recon.synthesis.config import SceneConfig
from recon.synthesis.groups import groups_of
from recon.synthesis.single import draw_single
from recon.synthesis.traits import traits_of

BALANCE = {
    "yaw_deg": {"-90:-20": 1, "-20:20": 1, "20:90": 2},
    "melanin": {"0:0.3": 1, "0.3:3": 1},
    "glasses": {"none": 1, "other": 1},
    "smile": {"0:0.2": 3, "0.2:2": 1},
    "hair": {"bald": 1, "other": 3},
}


def test_each_trait_meets_its_shares_and_the_traits_stay_independent():
    model, config = load("default"), SceneConfig(balance=BALANCE)
    count = 64
    traits = [traits_of(model, balanced(model, 3, index, config)) for index in range(count)]
    for trait, groups in groups_of(BALANCE).items():
        held = [sum(group.holds(getattr(one, trait)) for one in traits) for group in groups]
        assert sum(held) == count  # each scene is of exactly one group
        for number, group in zip(held, groups, strict=True):
            spread = np.sqrt(group.share * (1 - group.share) / count)
            assert abs(number / count - group.share) < 3.5 * spread, (trait, group.name)
    turned, dark = (
        np.array([x > y for x, y in pairs])
        for pairs in ([(one.yaw_deg, 20) for one in traits], [(one.melanin, 0.3) for one in traits])
    )
    assert abs(np.corrcoef(turned, dark)[0, 1]) < 0.35


def test_what_is_not_asked_for_stays_as_it_was_drawn():
    model = load("default")
    config = SceneConfig(balance={"glasses": {"none": 0, "other": 1}})
    plain = SceneConfig()
    for index in range(5):
        drawn, scene = draw_single(model, 0, index, plain), balanced(model, 0, index, config)
        assert scene.dress.glasses is not None
        same = replace(scene, dress=replace(scene.dress, glasses=drawn.dress.glasses))
        for field in fields(drawn):
            assert repr(getattr(same, field.name)) == repr(getattr(drawn, field.name)), field.name


def test_a_group_that_the_settings_never_draw_is_named(monkeypatch):
    monkeypatch.setattr("recon.synthesis.balance.TRIES", 20)
    config = SceneConfig(balance={"glasses": {"none": 0, "other": 1}}, dress=DressConfig(glasses=0.0))
    with pytest.raises(UserError, match="glasses other, and none of 20 scenes"):
        balanced(load("default"), 0, 0, config)
