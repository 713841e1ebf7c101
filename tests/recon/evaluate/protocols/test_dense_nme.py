from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

from recon.errors import UserError
from recon.evaluate.answers import PlacedMesh
from recon.evaluate.protocols import dense_nme
from recon.faces import load
from recon.synthesis.record import Record


def answer(record: Record, moved: tuple[float, float, float], topology: str = "default") -> PlacedMesh:
    model = load("default")
    face = model.triangles.numpy()[model.face.numpy()].astype(np.int64)
    places = dense_nme.true_places(record) + moved
    return PlacedMesh(record.vertices_mm, places, face, topology, model.landmarks.numpy())


def test_a_shift_is_its_share_of_the_box(records: list[Record]) -> None:
    record, model = records[0], load("default")
    true = dense_nme.true_places(record)
    face = np.unique(model.triangles.numpy()[model.face.numpy()])
    box = np.sqrt(np.prod(true[face, :2].max(0) - true[face, :2].min(0)))
    score = dense_nme.score(answer(record, (0.6, 0.8, 50)), "scale", record, model)
    assert score["dense_2d"] == pytest.approx(100 / box) and score["dense_3d"] == pytest.approx(100 / box)
    assert 0 < score["reconstruction"] <= 100 / np.linalg.norm(np.subtract(*true[model.landmarks[[36, 45]]])) + 1e-9
    nothing = dense_nme.score(answer(record, (0, 0, 5)), "scale", record, model)
    assert max(nothing[name] for name in dense_nme.MEASURES) < 1e-9


def test_other_vertices_are_refused_and_no_face_is_charged(records: list[Record]) -> None:
    with pytest.raises(UserError, match="are of 'bfm'"):
        dense_nme.score(answer(records[0], (0, 0, 0), "bfm"), "scale", records[0], load("default"))
    assert dense_nme.score(None, "scale", records[0], load("default"))["dense_3d"] == 100


def test_true_places_project_and_keep_one_scale(records: list[Record]) -> None:
    record, model = records[1], load("default")
    true = dense_nme.true_places(record)
    np.testing.assert_allclose(true[model.landmarks, :2], record.landmarks_px, atol=0.02)
    rows, columns = np.nonzero(record.mask)
    near = KDTree(true[:, :2]).query(np.column_stack([columns, rows]) + 0.5)[0]
    assert np.median(near) < 0.5, "the mask lies on the vertices"


def test_the_bundled_network_is_scored() -> None:
    result = dense_nme.run(dense_nme.Settings(count=1, graded=0))
    assert [figure.name for figure in result.figures] == list(dense_nme.MEASURES)
    assert all(0.3 < figure.value < 15 for figure in result.figures)
