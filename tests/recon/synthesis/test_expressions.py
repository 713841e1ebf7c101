"""What drawn expressions are like, and that a model without some units is drawn with the rest."""

from dataclasses import replace

import numpy as np
import pytest

from recon.faces import load
from recon.synthesis.expressions import (
    CLOSING,
    MEETING_MM,
    draw_expression,
    gaze,
    grinning,
    lips_gap_mm,
    lips_met,
    twins,
)


def drawn(model, count=200, **chances):
    chances = {"smile": 0.3, **chances}
    return [model.activations(draw_expression(model, np.random.default_rng(seed), **chances)) for seed in range(count)]


def test_smiles_and_open_mouths_come_as_often_as_asked():
    model = load("default")
    smiling = np.mean([one.get("mouthSmileLeft", 0) > 0.2 for one in drawn(model, smile=0.6, open_mouth=0.0)])
    assert 0.5 < smiling < 0.75
    open_mouths = np.mean(["jawOpen" in one for one in drawn(model, smile=0.0, open_mouth=1.0)])
    assert open_mouths == pytest.approx(0.85, abs=0.08)  # a share of 0.15 is neutral
    assert not any("jawOpen" in one or "tongueOut" in one for one in drawn(model, smile=0.0, open_mouth=0.0))


def test_sides_are_nearly_alike_and_both_eyes_look_one_way():
    model = load("default")
    for one in drawn(model, 60):
        for name, amount in one.items():
            if not name.startswith("eyeLook"):
                assert 0 <= amount <= 1 and all(abs(one.get(twin, 0) - amount) < 0.6 for twin in twins(name))
    assert gaze(0.3, -0.2) == {
        **{"eyeLookOutLeft": 0.3, "eyeLookInLeft": 0, "eyeLookUpLeft": 0, "eyeLookDownLeft": 0.2},
        **{"eyeLookOutRight": 0, "eyeLookInRight": 0.3, "eyeLookUpRight": 0, "eyeLookDownRight": 0.2},
    }


def test_a_model_of_few_units_is_drawn_with_these():
    """As ICT-FaceKit's folder with a part of its files."""
    whole = load("default")
    names = ("eyeBlinkLeft", "jawOpen", "mouthSmileLeft")
    few = replace(whole, expression_names=names, expression_basis=whole.expression_basis[:3], eyeballs=())
    assert set().union(*drawn(few, 60)) == set(names)
    grin = few.activations(grinning(few, np.zeros(3, np.float32), np.random.default_rng(0)))
    assert set(grin) == {"jawOpen", "mouthSmileLeft"}


def test_lips_hardly_apart_meet_and_open_ones_stay():
    model, rng = load("default"), np.random.default_rng(0)
    rest, apart = np.zeros(len(model.expression_basis), np.float32), []
    for _ in range(12):
        person = rng.standard_normal(len(model.identity_basis)).astype(np.float32)
        apart.append(lips_gap_mm(model, person, rest))
        met = lips_met(model, person, rest)
        assert lips_gap_mm(model, person, met) == pytest.approx(MEETING_MM, abs=0.05)
        assert model.activations(met).keys() == CLOSING.keys()
    assert np.mean(apart) > 0.3  # the slit that the model's people have
    wide = model.coefficients({"jawOpen": 0.3, "browInnerUp": 0.5}).numpy()
    assert (lips_met(model, person, wide) == wide).all()
    few = replace(model, expression_names=tuple(f"unit {k}" for k in range(len(rest))))
    assert lips_met(few, person, rest) is rest
