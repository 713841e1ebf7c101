from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recon.faces import load
from recon.faces.parsing import CLASSES
from recon.fitting.labelled import drawn, posed
from recon.fitting.model_fit import Fit
from recon.fitting.photo_fit import Figures, PhotoFit
from recon.geometry.cameras import Camera
from recon.people.skin.texture import SIDE
from recon.render.harmonics import polynomials
from recon.skins.atlas_mesh import atlas_mesh
from recon.skins.reading import albedo_of, read_skin, robust_light, weighted_median

MODEL = load("default")
SIZE = 192
LIGHT = np.array([[0.5, 0.5, 0.5], [0.1, 0.1, 0.12], [0.2, 0.18, 0.16], [0.15, 0.1, 0.02], *[[0.0] * 3] * 5])
TONE = np.array([0.7, 0.5, 0.4])
FLAT = np.zeros((SIDE, SIDE, 3), np.float32)


@pytest.fixture(scope="module")
def photo() -> PhotoFit:
    """The mean face, turned a little, of one albedo under one coloured light, with a dark spot on a cheek."""
    turn = np.radians(15)
    rotation = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    fit = Fit(
        np.zeros(len(MODEL.identity_basis)),
        np.zeros(len(MODEL.expression_basis)),
        rotation,
        np.array([0, 0, -700.0]),
        Camera.from_fov(18, SIZE),
    )
    labels = drawn(MODEL, fit, SIZE).labels
    mask = labels["mask"]
    shading = polynomials(np.where(mask[..., None], labels["normals"], 0)) @ LIGHT
    linear = np.where(mask[..., None], TONE * shading, 0.2)
    rgb = np.round(255 * np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.uint8)
    figures = Figures(0.5, 0.0, 1.0, 1.0, 0.5, 0.1, 0.1)
    return PhotoFit(fit, rgb, mask, np.full(mask.shape, CLASSES.index("skin"), np.uint8), figures)


def test_light_of_any_colour_is_taken_out(photo: PhotoFit) -> None:
    atlas = replace(atlas_mesh(MODEL), occlusion=np.ones((SIDE, SIDE, 3), np.float32))
    found = albedo_of(read_skin(MODEL, photo), atlas, FLAT)
    assert found is not None
    sure = found.trust > 0.3
    assert sure.mean() > 0.2
    assert np.quantile(np.abs(found.pattern[sure]), 0.999) < 0.06 and np.abs(found.pattern[sure]).mean() < 0.01
    # Each colour's light has mean 1 over the face, so tones are known up to it.
    normals = read_skin(MODEL, photo).normals[sure]
    shaded = (polynomials(normals) @ found.light).mean(0)
    assert shaded == pytest.approx(1, abs=0.1)


def test_what_is_not_skin_is_not_read(photo: PhotoFit) -> None:
    whole = read_skin(MODEL, photo).seen
    classes = np.full(photo.visible.shape, CLASSES.index("skin"), np.uint8)
    classes[:, : SIZE // 2] = CLASSES.index("glasses")
    seen = read_skin(MODEL, replace(photo, classes=classes)).seen
    assert seen.sum() < 0.7 * whole.sum() and (seen <= whole).all()
    assert not whole[~atlas_mesh(MODEL).skin].any()
    hidden = read_skin(MODEL, replace(photo, visible=np.zeros_like(photo.visible)))
    assert albedo_of(hidden, atlas_mesh(MODEL), FLAT) is None


def test_a_dark_bar_is_no_skin(photo: PhotoFit) -> None:
    rgb = photo.rgb.copy()
    vertices = posed(MODEL, photo.fit)
    nose = photo.fit.camera.project(vertices[MODEL.landmarks[29]][None])[0].numpy().astype(int)
    rgb[nose[1] - 2 : nose[1] + 3, nose[0] - 40 : nose[0] + 40] = 25
    atlas = atlas_mesh(MODEL)
    found = albedo_of(read_skin(MODEL, replace(photo, rgb=rgb)), atlas, FLAT)
    plain = albedo_of(read_skin(MODEL, photo), atlas, FLAT)
    assert found is not None and plain is not None
    dark = (found.pattern.mean(-1) < -0.4) & (plain.trust > 0.3)
    assert dark.sum() > 100 and found.trust[dark].max() < 0.05


def test_a_tenth_of_outliers_do_not_move_the_light() -> None:
    rng = np.random.default_rng(0)
    normals = torch.nn.functional.normalize(torch.from_numpy(rng.normal((0, 0, 1.5), 1, (3000, 3))), dim=1).numpy()
    features, true = polynomials(normals), np.array([0.6, 0.1, 0.2, -0.1, 0.02, 0.01, 0.03, 0.0, 0.02])
    values = features @ true + rng.normal(0, 0.01, len(features))
    values[:300] += 0.8
    found = robust_light(features, values, np.ones(len(features)))
    assert np.abs(found - true).max() < 0.03


def test_a_weighted_median_counts_weights() -> None:
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 5.0])) == 2.0
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([9.0, 1.0, 1.0])) == 3.0
