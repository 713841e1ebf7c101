"""The model's shape nearest to what a map shows: a known face comes back, outliers and unseen parts don't matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recon.faces.default import load_default
from recon.geometry.similarity import Affine
from recon.registration.affine import ransac_affine
from recon.registration.model_fit import fit_model

TURN = Affine(np.array([[0.8, 0.0, 0.6], [0.0, 1.0, 0.0], [-0.6, 0.0, 0.8]]), np.array([30.0, -20.0, -600.0]))


@pytest.fixture(scope="module")
def case():
    """A person with an open mouth, turned; half of the face's vertices are seen, 2 % of them elsewhere."""
    model, rng = load_default(0), np.random.default_rng(0)
    expression = model.coefficients({"jawOpen": 0.8})
    identity = torch.from_numpy(rng.normal(0, 1, len(model.identity_basis)).astype(np.float32))
    true = TURN(model.vertices(identity, expression).double().numpy())
    face = np.unique(model.triangles[model.face].numpy())
    matched = np.zeros(len(true), bool)
    matched[face[model.mean.numpy()[face, 0] > -15]] = True
    places = true.copy()
    wrong = rng.choice(np.flatnonzero(matched), int(0.02 * matched.sum()), replace=False)
    places[wrong] += rng.uniform(-30, 30, (len(wrong), 3))
    mean = model.mean.double().numpy()
    affine, _ = ransac_affine(mean[matched], places[matched])
    return model, true, face, matched, places, affine


def errors(shape: np.ndarray, affine: Affine, true: np.ndarray) -> np.ndarray:
    return np.linalg.norm(affine(shape) - true, axis=1)


def test_a_known_face_comes_back_where_it_is_seen_and_where_it_is_not(case) -> None:
    model, true, face, matched, places, affine = case
    before = errors(model.mean.double().numpy(), affine, true)
    shape, fitted = fit_model(model, places, matched, affine)
    after = errors(shape, fitted, true)
    seen, unseen = face[matched[face]], face[~matched[face]]
    assert before[seen].mean() > 3 and after[seen].mean() < 0.5
    assert after[unseen].mean() < 0.5 * before[unseen].mean()


def test_the_fit_turns_with_the_places(case) -> None:
    model, _, face, matched, places, affine = case
    shape, fitted = fit_model(model, places, matched, affine)
    moved = Affine(TURN.linear @ affine.linear, TURN(affine.translation))
    again, refitted = fit_model(model, TURN(places), matched, moved)
    assert np.abs(refitted(again)[face] - TURN(fitted(shape)[face])).max() < 1e-3


def test_a_model_without_bases_keeps_its_mean(case) -> None:
    model, _, _, matched, places, affine = case
    plain = replace(model, identity_basis=model.identity_basis[:0], expression_basis=model.expression_basis[:0])
    shape, same = fit_model(plain, places, matched, affine)
    assert np.array_equal(shape, model.mean.double().numpy()) and same == affine
