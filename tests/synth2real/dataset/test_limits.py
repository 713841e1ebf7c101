import dataclasses

import pytest

from recon.configuration import to_plain
from recon.people.wardrobe import DressConfig
from recon.synthesis.scene import SceneConfig
from synth2real.dataset.limits import DETAIL, DRESS, limits_of


def limits(dress=None, **scene):
    return limits_of(to_plain(SceneConfig(dress=DressConfig(**(dress or {})), **scene)))


def test_every_share_of_the_dress_has_its_words():
    assert {"dressed", "hides", *DRESS} == {field.name for field in dataclasses.fields(DressConfig)}


@pytest.mark.parametrize("kind", DRESS)
def test_what_nobody_has_on_is_said(kind):
    assert f"Nobody has {DRESS[kind]}." in limits({kind: 0.0})
    assert "Nobody" not in limits({kind: 0.5})


@pytest.mark.parametrize("part", DETAIL)
def test_what_is_painted_plainly_is_said(part):
    assert f"Nobody has {DETAIL[part]}." in limits(**{part: 0.0})


def test_shares_are_of_all_faces():
    assert "10 % have glasses, 2.5 % have headwear" in limits({"dressed": 0.5, "glasses": 0.2, "headwear": 0.05})
    undressed = limits({"dressed": 0.0})
    assert all(words in undressed for words in DRESS.values()) and "%" not in undressed


def test_turned_heads():
    assert "yaw within 15 degrees of 30." in limits(yaw_max_deg=15.0, yaw_mean_deg=30.0)


def test_a_balanced_share_is_not_told_as_the_drawn_one():
    scene = to_plain(SceneConfig(balance={"glasses": {"none": 1.0, "other": 1.0}}))
    said = limits_of(scene)
    assert "have glasses" not in said and "have headwear" in said
