from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.faces import load
from recon.faces.symmetry import MIRRORED_LANDMARKS, symmetry_of

FLIP = (-1, 1, 1)


def test_the_mirror_undoes_itself() -> None:
    symmetry = symmetry_of(load("default"))
    for order in (MIRRORED_LANDMARKS, symmetry.vertices, symmetry.expression):
        assert np.array_equal(order[order], np.arange(len(order)))
    assert np.allclose(symmetry.identity @ symmetry.identity, np.eye(len(symmetry.identity)), atol=1e-6)


def test_a_mirrored_identity_makes_the_mirrored_mesh() -> None:
    model = load("default")
    symmetry, rng = symmetry_of(model), np.random.default_rng(0)
    still = torch.zeros(len(model.expression_basis))
    identity = rng.standard_normal(len(model.identity_basis)).astype(np.float32)
    mesh = model.vertices(torch.from_numpy(identity), still).numpy()
    mirrored = model.vertices(torch.from_numpy(symmetry.identity @ identity), still).numpy()
    assert np.abs(mirrored - mesh[symmetry.vertices] * FLIP).max() < 1e-2  # mm


def test_landmarks_and_units_change_sides() -> None:
    model = load("default")
    symmetry, names = symmetry_of(model), model.expression_names
    marks = model.landmarks.numpy()
    assert np.array_equal(symmetry.vertices[marks], marks[MIRRORED_LANDMARKS])
    assert names[symmetry.expression[names.index("eyeBlinkLeft")]] == "eyeBlinkRight"
    assert names[symmetry.expression[names.index("jawOpen")]] == "jawOpen"


def test_a_lopsided_model_is_refused() -> None:
    model = load("default")
    mean = model.mean.clone()
    mean[0, 0] += 5
    with pytest.raises(UserError, match="not symmetric"):
        symmetry_of(replace(model, mean=mean))
