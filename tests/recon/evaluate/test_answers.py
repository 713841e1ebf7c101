from __future__ import annotations

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.evaluate.answers import depth_of, in_image, landmarks_of, mesh_of, settled_depth
from recon.evaluate.networks import predict_images
from recon.evaluate.protocols.dense_nme import true_places
from recon.faces import load
from recon.methods.base import FaceGeometry, FaceLandmarks, FaceMesh
from recon.synthesis.record import Record
from tests.recon.evaluate.known_answers import Blind, Oracle, truths


def mesh_answer(record: Record, topology: str = "default") -> FaceGeometry:
    """What a method that gives meshes would rightly say."""
    vertices = torch.from_numpy(record.vertices_mm)[None]
    pixels = torch.from_numpy(true_places(record)[None, :, :2])
    return FaceGeometry(mesh=FaceMesh(vertices, pixels, load("default").triangles.long(), topology))


def test_a_mesh_says_landmarks_and_depth(records: list[Record]) -> None:
    record = records[0]
    geometry = mesh_answer(record)
    points = landmarks_of(geometry, 0)
    assert points is not None
    np.testing.assert_allclose(points[:, :2], record.landmarks_px, atol=0.02)
    z, seen = depth_of(geometry, 0, 64)
    both = seen & record.mask
    assert both.sum() > 0.98 * record.mask.sum()
    assert np.median(np.abs(z - record.depth_mm)[both]) < 0.02


def test_maps_say_landmarks_a_mesh_and_depth(records: list[Record]) -> None:
    record = records[0]
    geometry = predict_images(Oracle(truths([record])), record.rgb[None])
    true, points, mesh = true_places(record), landmarks_of(geometry, 0), mesh_of(geometry, 0)
    assert points is not None and mesh is not None and mesh.landmarks is not None
    shown = record.landmarks_visible
    away = points - true[mesh.landmarks]
    assert np.median(np.linalg.norm(away[shown, :2], axis=1)) < 0.35, "pixels of 64"
    assert np.median(np.abs(away[shown, 2])) < 1.0, "of the pixel that is seen there"
    laid = settled_depth(mesh.in_image[mesh.face], true[mesh.face], "scale")
    assert np.linalg.norm(laid - true[mesh.face], axis=1).mean() < 0.5, "hidden vertices too"
    z, seen = depth_of(geometry, 0, 64)
    assert np.array_equal(seen, record.mask) and np.allclose(z[seen], record.depth_mm[seen])


def test_where_no_face_is_found_there_is_no_answer(records: list[Record]) -> None:
    geometry = predict_images(Blind(), records[0].rgb[None])
    assert landmarks_of(geometry, 0) is None and mesh_of(geometry, 0) is None
    assert not depth_of(geometry, 0, 64)[1].any()


def test_own_landmarks_come_first_and_what_is_not_known_is_said(records: list[Record]) -> None:
    own = FaceLandmarks(torch.full((1, 68, 2), 7.0), torch.ones(1, 68))
    alone = landmarks_of(FaceGeometry(landmarks=own), 0)
    assert alone is not None and (alone[:, :2] == 7).all() and np.isnan(alone[:, 2]).all()
    mesh = mesh_answer(records[0])
    beside = landmarks_of(FaceGeometry(mesh=mesh.mesh, landmarks=own), 0)
    assert beside is not None and (beside[:, :2] == 7).all() and np.isfinite(beside[:, 2]).all()
    with pytest.raises(UserError, match="says nothing of where the 68 landmarks are"):
        landmarks_of(mesh_answer(records[0], "another"), 0)


def test_places_in_the_image_by_hand() -> None:
    points = np.array([[-10.0, 0, 1], [10, 0, 2], [0, 10, 3], [0, -10, 4]])
    pixels = points[:, :2] * (2, -2) + 50
    np.testing.assert_allclose(in_image(points, pixels), np.column_stack([pixels, 2 * points[:, 2]]))


def test_only_an_affine_method_has_its_depth_scaled() -> None:
    true = np.random.default_rng(0).normal(size=(50, 3))
    flat = true * (1, 1, 0.5) + (0, 0, 3)
    np.testing.assert_allclose(settled_depth(flat, true, "affine"), true, atol=1e-9)
    shifted = settled_depth(flat, true, "scale")
    assert shifted[:, 2].mean() == pytest.approx(true[:, 2].mean())
    assert shifted[:, 2].std() == pytest.approx(0.5 * true[:, 2].std())
