from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recon.faces.parsing import CLASS_OF_REGION
from recon.fitting.model_fit import Problem, fit_face, rotation_of, start_of
from recon.fitting.observed import Opening, holes_of, observed_in
from recon.geometry.similarity import fit_similarity
from tests.recon.fitting.drawn_faces import MODEL, SIZE, degrees_apart, face, mesh_of

FACE = np.unique(MODEL.triangles[MODEL.face].numpy())
UPPER, LOWER = (MODEL.landmarks[mark].item() for mark in (62, 66))


def error_mm(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance of the face region's vertices after a similarity: scale is not told by an image."""
    placed = fit_similarity(found[FACE], truth[FACE])(found[FACE])
    return float(np.linalg.norm(placed - truth[FACE], axis=1).mean())


@pytest.mark.parametrize("index", [0, 1])
def test_true_maps_give_the_face_back(index: int) -> None:
    record = face(index)
    seen = observed_in(MODEL, record.mask, record.correspondence)
    assert seen is not None
    fit = fit_face(MODEL, seen, record.focal_px)
    assert fit.residual_px < 0.1 and fit.outliers < 0.03
    assert error_mm(mesh_of(fit), record.vertices_mm.astype(np.float64)) < 0.8
    assert degrees_apart(fit.rotation, record.rotation) < 1
    assert fit.expression.min() >= 0 and fit.expression.max() <= 1


def test_noisy_maps_give_it_nearly() -> None:
    record = face(1)
    noise = np.random.default_rng(0).normal(0, 2 / 150, record.correspondence.shape)  # about 2 mm
    seen = observed_in(MODEL, record.mask, record.correspondence + noise)
    assert seen is not None
    fit = fit_face(MODEL, seen, record.focal_px)
    assert error_mm(mesh_of(fit), record.vertices_mm.astype(np.float64)) < 2.5
    assert degrees_apart(fit.rotation, record.rotation) < 2.5


def test_an_open_mouth_is_fitted_open() -> None:
    """The lips' gap, which the correspondence alone hardly tells once it is noisy, comes from the parser's edges."""
    indices = range(6)
    record = max((face(i) for i in indices), key=lambda one: one.landmarks_px[66, 1] - one.landmarks_px[62, 1])
    truth = record.landmarks_px[66, 1] - record.landmarks_px[62, 1]
    assert truth > 2
    noise = np.random.default_rng(0).normal(0, 2 / 150, record.correspondence.shape)
    seen = observed_in(MODEL, record.mask, record.correspondence + noise, CLASS_OF_REGION[record.region])
    assert seen is not None
    fit = fit_face(MODEL, seen, record.focal_px)
    problem = Problem(MODEL, seen, False)
    upper, lower = (problem.project(fit, problem.vertices(np.array([i])))[0, 1] for i in (UPPER, LOWER))
    assert abs((lower - upper) - truth) < 1.2


def test_the_jacobian_is_the_projections() -> None:
    record = face(0)
    seen = observed_in(MODEL, record.mask, record.correspondence)
    assert seen is not None
    problem = Problem(
        MODEL, replace(seen, corners=seen.corners[:5], weights=seen.weights[:5], pixels=seen.pixels[:5]), True
    )
    rng = np.random.default_rng(1)
    fit = replace(start_of(Problem(MODEL, seen, True), record.focal_px), identity=rng.normal(0, 1, problem.sizes[0]))
    _, slopes = problem.jacobian(fit, problem.mean, problem.basis)
    k, e = problem.sizes
    step = 1e-5
    at = {
        3: replace(fit, identity=fit.identity + step * np.eye(k)[3]),
        k + 24: replace(fit, expression=fit.expression + step * np.eye(e)[24]),
        **{
            k + e + axis: replace(fit, rotation=rotation_of(step * np.eye(3)[axis]) @ fit.rotation) for axis in range(3)
        },
        **{k + e + 3 + axis: replace(fit, translation=fit.translation + step * np.eye(3)[axis]) for axis in range(3)},
        k + e + 6: replace(fit, camera=replace(fit.camera, focal_px=fit.camera.focal_px * np.exp(step))),
    }
    for place, moved in at.items():
        np.testing.assert_allclose(
            (problem.project(moved) - problem.project(fit)) / step, slopes[..., place], atol=2e-2
        )


def test_holes_are_what_the_border_does_not_reach() -> None:
    mask = np.zeros((20, 20), bool)
    mask[3:17, 3:17] = True
    mask[8:10, 8:12] = False
    assert holes_of(mask).sum() == 8 and holes_of(~np.zeros((5, 5), bool)).sum() == 0


def test_no_face_is_none() -> None:
    assert observed_in(MODEL, np.zeros((SIZE, SIZE), bool), np.full((SIZE, SIZE, 3), np.nan)) is None
    assert Opening(np.zeros(1), np.zeros(1), np.zeros((2, 2), bool)).inside.sum() == 0
