"""What is said of a registered mesh: nothing wrong of the true one, and each fault where it was put in."""

from __future__ import annotations

import numpy as np
import pytest

from recon.evaluate.protocols.registration import score_registration, seen_by, spoiled_maps
from recon.faces.default import load_default
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene


@pytest.fixture(scope="module")
def case():
    model = load_default(0)
    return model, render_record(model, draw_scene(model, 3, 0, SceneConfig()), 128)


def test_the_true_mesh_has_no_fault(case) -> None:
    model, record = case
    score = score_registration(record.vertices_mm, record, model)
    assert score["surface_mean_mm"] < 0.05  # maps hold codes of 1/128 mm, and rays meet curved skin between vertices
    assert score["vertex_mean_mm"] == score["flipped"] == score["flipped_shown"] == 0


def test_a_shift_and_a_fold_are_found(case) -> None:
    model, record = case
    shifted = score_registration(record.vertices_mm + np.float32((3.0, 4.0, 0.0)), record, model)
    assert shifted["vertex_mean_mm"] == pytest.approx(5.0, abs=1e-4) and shifted["flipped"] == 0
    triangles = model.triangles.numpy()[model.face.numpy()].astype(np.int64)
    shown = np.flatnonzero(seen_by(record, triangles, 1))
    a, b, c = triangles[shown[len(shown) // 2]]
    folded = record.vertices_mm.copy()
    folded[a] = folded[b] + folded[c] - folded[a]  # to the other side of the edge across
    score = score_registration(folded, record, model)
    assert score["flipped"] >= score["flipped_shown"] >= 1


def test_more_rays_see_more(case) -> None:
    model, record = case
    triangles = model.triangles.numpy()[model.face.numpy()].astype(np.int64)
    coarse, fine = seen_by(record, triangles, 1), seen_by(record, triangles, 4)
    assert coarse.sum() < fine.sum() and (coarse & ~fine).mean() < 0.01


def test_spoiled_maps_are_off_by_what_is_said(case) -> None:
    model, record = case
    position, correspondence = spoiled_maps(record, model)
    off = np.abs(position - record.position_mm)[record.mask]
    assert np.median(off) == pytest.approx(0.5 * 0.6745, rel=0.05)
    assert 0.004 < (off.max(1) > 5).mean() < 0.012  # half of the 2 % of outliers lie about their place
    assert (np.abs(correspondence - record.correspondence)[record.mask].max(1) > 0.05).mean() > 0.004
