from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial import KDTree

from recon import assets
from recon.errors import UserError
from recon.evaluate.answers import PlacedMesh, mesh_of
from recon.evaluate.protocols import dense_nme
from recon.faces import load
from recon.methods.base import FaceGeometry, FaceMesh
from recon.reconstruction.networks import BUNDLED
from recon.synthesis.record import Record


def weights_of(method: str) -> Path:
    return assets.path("weights") / f"{method}.safetensors"


def answer(record: Record, moved: tuple[float, float, float], topology: str = "default") -> PlacedMesh:
    model = load("default")
    face = model.triangles.numpy()[model.face.numpy()].astype(np.int64)
    places = dense_nme.true_places(record) + moved
    return PlacedMesh(record.vertices_mm, places, face, topology, model.landmarks.numpy())


def box_of(points: np.ndarray) -> float:
    return float(np.sqrt(np.prod(points[:, :2].max(0) - points[:, :2].min(0))))


def test_a_shift_is_its_share_of_the_box(records: list[Record]) -> None:
    record, model = records[0], load("default")
    true = dense_nme.true_places(record)
    face = np.unique(model.triangles.numpy()[model.face.numpy()])
    box = box_of(true[face])
    score = dense_nme.score(answer(record, (0.6, 0.8, 50)), "scale", record, model)
    assert score["dense_2d"] == pytest.approx(100 / box) and score["dense_3d"] == pytest.approx(100 / box)
    assert score["landmarks"] == pytest.approx(100 / box_of(true[model.landmarks])) and score["shape"] < 1e-9
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


def test_rows_are_by_yaw_and_by_the_factors_of_the_scene() -> None:
    flat = {"factor_yaw_deg": None, "expression": None, **dict.fromkeys(dense_nme.MEASURES, 2.0)}
    values = [{"person": k, "yaw_deg": yaw, **flat} for k, yaw in enumerate((-70.0, 3.0, 29.0))]
    shown = dense_nme.figures(values)
    assert [(one.group, one.n) for one in shown[:: len(dense_nme.MEASURES)]] == [
        ("all", 3), ("yaw 0 to 30", 2), ("yaw 60 to 90", 1),
    ]  # fmt: skip
    drawn = [{**flat, "person": 0, "yaw_deg": 0.0, "expression": name} for name in ("neutral", "jawOpen")]
    rows = dense_nme.figures(drawn)[:: len(dense_nme.MEASURES)]
    assert [(one.group, one.n) for one in rows] == [("all", 1), ("neutral", 1), ("jawOpen", 1)]


def test_a_mesh_that_is_not_there_is_a_face_not_found(records: list[Record]) -> None:
    model = load("default")
    nothing = torch.full((1, len(model.mean), 3), torch.nan)
    mesh = FaceMesh(nothing, nothing[..., :2], model.triangles, "default")
    assert mesh_of(FaceGeometry(mesh=mesh), 0) is None


@pytest.mark.parametrize("method", [one for one in BUNDLED if weights_of(one).is_file()])
def test_the_bundled_networks_are_scored(method: str) -> None:
    result = dense_nme.run(dense_nme.Settings(network=weights_of(method), count=1, graded=0))
    assert [figure.name for figure in result.figures] == list(dense_nme.MEASURES)
    assert all(0.3 < figure.value < 15 for figure in result.figures)
