from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recon.faces import load
from recon.faces.symmetry import symmetry_of
from recon.people.config import DressConfig
from recon.people.skin.wrinkles import draw_skin
from recon.synthesis.placement import mirrored
from recon.synthesis.record import Record, record_with
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.source import only
from recon.synthesis.targets import SkinTarget
from recon.synthesis.targets.skin_height import furrow_height, texel_mm

MODEL, SIZE = load("default"), 64
RAISED = MODEL.coefficients(dict.fromkeys(("browInnerUp", "browOuterUpLeft", "browOuterUpRight"), 1.0))


@pytest.fixture(scope="module")
def record() -> Record:
    scene = draw_scene(MODEL, 3, 1, SceneConfig(dress=DressConfig(dressed=0), skin=1, smile=1))
    return render_record(MODEL, scene, 32)


def test_raised_brows_deepen_the_lines_of_the_forehead_alone() -> None:
    skin = replace(draw_skin(np.random.default_rng(0)), age=60.0)
    rest, raised = (furrow_height(MODEL, skin, expression, SIZE)[0] for expression in (0 * RAISED, RAISED))
    assert rest.max() <= 0 and raised.min() < rest[: SIZE // 3].min() < -0.1
    deeper = (raised - rest).abs()
    assert deeper[: SIZE // 3].max() > 0.1 and deeper[SIZE // 2 :].max() == 0
    young = furrow_height(MODEL, replace(skin, age=20.0), 0 * RAISED, SIZE)
    assert young.abs().mean() < 0.3 * rest.abs().mean()
    assert texel_mm(MODEL, SIZE) == pytest.approx(2 * texel_mm(MODEL, 2 * SIZE), rel=0.05)


def test_a_target_tells_the_height_and_a_mirrored_record_the_mirrored_one(record: Record) -> None:
    target = SkinTarget(32, "default", height_px=SIZE)
    height = target(record)["height"]
    assert height.shape == (1, SIZE, SIZE) and float(height.min()) < -0.02
    other = mirrored(record, symmetry_of(MODEL))
    assert torch.allclose(target(other)["height"], height.flip(2))
    assert torch.allclose(target(mirrored(other, symmetry_of(MODEL)))["height"], height, atol=1e-5)
    assert torch.allclose(target(only(record, target.fields))["height"], height)


def test_a_smooth_skin_and_a_photo_tell_no_height(record: Record) -> None:
    target = SkinTarget(32, "default", height_px=SIZE)
    smooth = render_record(MODEL, draw_scene(MODEL, 3, 1, SceneConfig(dress=DressConfig(dressed=0), skin=0)), 32)
    assert target(smooth)["height"].isnan().all() and target(smooth)["height"].shape == (1, SIZE, SIZE)
    told = {name: getattr(record, name) for name in ("rgb", "mask", "region", "landmarks_px")}
    assert target(record_with(**told))["height"].isnan().all()
    assert target(replace(record, model="other"))["height"].isnan().all()
    assert "height" not in SkinTarget(32)(record) and "expression" not in SkinTarget(32).fields
