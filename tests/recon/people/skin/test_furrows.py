"""Where furrows run and how deep: they follow age and expression, and stay apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recon.faces import load
from recon.faces.model import REGIONS
from recon.people.skin.furrows import Crease, creases, furrows_of
from recon.people.skin.wrinkles import ZONES, draw_skin
from recon.people.template import slow_values, template_of
from recon.synthesis.scene import SceneConfig, draw_scene


@pytest.fixture(scope="module")
def head():
    """The default model, its furrows, slow values of a person."""
    model = load("default")
    template = template_of(model)
    return model, furrows_of(model, template), slow_values(template, draw_scene(model, 0, 0, SceneConfig()).appearance)


def rows_of(head, age=50.0, pixel_mm=0.3, **units) -> torch.Tensor:
    model, furrows, slow = head
    skin = replace(draw_skin(np.random.default_rng(1)), age=age)
    active = {name: units[unit] for name in model.expression_names for unit in units if name.startswith(unit)}
    return creases(furrows, slow, skin, active, pixel_mm)


def deepest(head, rows: torch.Tensor, name: str) -> float:
    chosen = head[1].zone == list(ZONES).index(name)
    return float(rows[head[1].held[chosen], Crease.DEPTH_MM].max())


def test_every_zone_is_somewhere_on_the_skin_and_no_triangle_joins_two(head) -> None:
    model, furrows, _ = head
    for number in range(len(ZONES)):
        assert (furrows.share[furrows.zone == number] > 0.5).sum() > 10
    zone = torch.full((len(model.mean),), -1)
    zone[furrows.held] = furrows.zone
    corners = zone[model.triangles.long()]
    share = torch.zeros(len(model.mean))
    share[furrows.held] = furrows.share
    corners = corners[(share[model.triangles.long()] > 0).any(1)]
    assert (corners == corners[:, :1]).all() and (corners >= 0).all()
    for name in ("eyes", "teeth", "clothes"):
        inside = model.region == REGIONS.index(name)
        assert furrows.share[inside[furrows.held]].sum() == 0 and furrows.skin[inside].mean() < 0.1


def test_age_deepens_every_furrow(head) -> None:
    young, old = rows_of(head, age=22.0), rows_of(head, age=75.0)
    for name in ZONES:
        assert deepest(head, old, name) > deepest(head, young, name)
    assert old[:, Crease.DEPTH_MM].max() < 1.2  # mm


@pytest.mark.parametrize(
    ("unit", "zone"), [("browInnerUp", "forehead"), ("browDown", "glabella"), ("mouthSmile", "nasolabial")]
)
def test_expressions_deepen_their_furrows_alone(head, unit, zone) -> None:
    rest, moved = rows_of(head), rows_of(head, **{unit: 0.9})
    assert deepest(head, moved, zone) > 1.2 * deepest(head, rest, zone)
    assert deepest(head, moved, "neck") == deepest(head, rest, "neck")
    untouched = "forehead" if zone != "forehead" else "nasolabial"
    assert deepest(head, moved, untouched) == deepest(head, rest, untouched)


def test_pixels_too_coarse_for_a_furrow_widen_or_lose_it(head) -> None:
    fine, coarse = rows_of(head, pixel_mm=0.1), rows_of(head, pixel_mm=2.0)
    for name, kept in (("forehead", True), ("lips", False)):
        assert (deepest(head, coarse, name) > 0) == kept
        assert deepest(head, coarse, name) < deepest(head, fine, name)
    assert (coarse[:, Crease.HALF] >= fine[:, Crease.HALF]).all()
