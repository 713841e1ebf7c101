"""What makes a drawn face on a canvas look photographed: pigments by a tone, a camera's contrast, hair's soft edge."""

from dataclasses import replace

import numpy as np
import pytest

from recon.faces import load
from recon.people.appearance import draw_appearance
from recon.people.hair.facial_hair_style import draw_brows
from recon.people.skin.wrinkles import ZONES, draw_skin
from recon.synthesis.on_canvas import CONTRAST, contrasted, fringed
from recon.synthesis.on_canvas_look import (
    BROW_DENSITY,
    BROW_SHADE,
    DEEPEST_MM,
    HAEMOGLOBIN,
    MELANIN,
    SMILE_FOLDS,
    folded,
    haired,
    shaded,
    toned,
)
from tests.recon.synthesis.fake_canvases import fake_canvas

WHO = replace(draw_appearance(np.random.default_rng(3)), haemoglobin=0.18, iris=(0.14, 0.2, 0.26))


@pytest.mark.parametrize("melanin", [0.2, 0.7, 1.5])
def test_a_skin_s_own_tone_gives_its_melanin_whatever_the_exposure(melanin: float) -> None:
    colour = 0.86 * np.exp(-melanin * MELANIN - 0.18 * HAEMOGLOBIN)
    for exposure in (0.7, 1.0, 1.3):
        look = toned(WHO, exposure * colour)
        assert abs(look.melanin - melanin) < 0.12
        assert abs(look.haemoglobin - 0.18) < 0.06


def test_dark_skin_has_brown_eyes_and_stronger_highlights() -> None:
    fair, dark = (toned(WHO, 0.8 * np.exp(-m * MELANIN - 0.18 * HAEMOGLOBIN)) for m in (0.1, 1.5))
    assert fair.iris[2] > fair.iris[0] and dark.iris[2] < dark.iris[0]
    assert dark.gloss > fair.gloss


def test_brows_differ_between_people_and_their_shade_follows_their_hairs() -> None:
    plain = draw_brows(np.random.default_rng(0), (0.1, 0.06, 0.03))
    drawn = [haired(plain, (0.1, 0.06, 0.03), np.random.default_rng(seed)) for seed in range(200)]
    assert drawn[0] == haired(plain, (0.1, 0.06, 0.03), np.random.default_rng(0))
    for name in ("density", "tail", "tilt", "outer", "inner"):
        assert len({getattr(one, name) for one in drawn}) == len(drawn)
    assert all(one.outer < 0.5 < one.inner for one in drawn)
    faint, dense = (replace(drawn[0], density=density) for density in BROW_DENSITY)
    assert (shaded(WHO, faint).brow, shaded(WHO, dense).brow) == pytest.approx(BROW_SHADE)
    assert shaded(WHO, dense).brow_tilt_mm == dense.tilt and shaded(WHO, dense).brow_inner < dense.inner


def test_contrast_keeps_the_median_and_bends_about_it() -> None:
    face = np.array([[[0.4] * 3, [0.5] * 3, [0.6] * 3]], np.float32)
    bent = contrasted(face, np.ones((1, 3), bool), np.zeros((1, 3, 1)))
    assert np.allclose(bent[0, 1], 0.5)
    assert np.allclose(bent / 0.5, (face / 0.5) ** CONTRAST, rtol=1e-5)
    assert np.allclose(contrasted(face[:, :1], np.ones((1, 1), bool), np.zeros((1, 1, 1))), face[:, :1])


def test_white_teeth_beside_dark_skin_stay_white() -> None:
    brown = np.array([0.12, 0.06, 0.035])
    face = np.stack([brown, 0.9 * brown, 1.1 * brown, (0.3, 0.3, 0.3)])[None].astype(np.float32)
    skin, teeth = np.array([[True, True, True, False]]), np.array([0.0, 0.0, 0.0, 1.0], np.float32).reshape(1, 4, 1)
    bent = contrasted(face, skin, teeth)
    assert np.allclose(bent[0, 3] / bent[0, 3, 0], 1, atol=1e-5) and bent[0, 3, 0] > 0.3
    assert np.allclose(bent[0, :3], contrasted(face, skin, np.zeros_like(teeth))[0, :3])


def test_hair_s_edge_is_soft_within_the_old_face_alone() -> None:
    size = 64
    face, over = np.zeros((size, size), bool), np.zeros((size, size), np.uint8)
    face[16:48, 16:48], over[16:48, 16:30] = True, 255
    plate = np.full((size, size, 3), 200, np.uint8)
    plate[over > 0] = 20
    one = replace(fake_canvas(load("default"), 0, size), plate=plate, over=over, face=face)
    share = np.clip((32 - np.arange(size)) / 4, 0, 1).astype(np.float32) * 255 * face
    soft = fringed(one, share.astype(np.float32))
    assert (soft[~face] == plate[~face]).all()
    steps = np.abs(np.diff(soft[32, 24:40, 0]))
    assert steps.max() < 100 < np.abs(np.diff(plate[32, 24:40, 0].astype(float))).max()


def test_no_furrow_is_deeper_than_light_reaches() -> None:
    old = replace(draw_skin(np.random.default_rng(0)), age=85.0, depths=(2.5,) * len(ZONES))
    for depth, zone in zip(folded(old).depths, ZONES.values(), strict=True):
        assert depth * (zone.old_mm + zone.moved_mm) <= 1.15 * DEEPEST_MM  # at 80 years; a little more beyond
    young = replace(old, age=20.0, depths=(1.0,) * len(ZONES))
    assert dict(zip(ZONES, folded(young).depths, strict=True))["nasolabial"] == SMILE_FOLDS


def test_skin_on_canvases_has_no_beard_of_its_own() -> None:
    look = toned(replace(WHO, shaven=0.5, beard=0.4), np.array([0.4, 0.25, 0.18]))
    assert look.shaven == look.beard == look.moustache == 0
