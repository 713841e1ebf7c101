from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from recon.errors import UserError
from recon.evaluate.protocols.scan_views import render_views, score_views
from recon.evaluate.readers.textured_mesh import load_scan
from recon.evaluate.scan import Scan
from recon.faces import load
from tests.recon.evaluate.known_answers import Oracle
from tests.shared import SHARED

SIZE = 64
JAMES = SHARED / "eval" / "james"


@pytest.fixture(scope="module")
def mean_scan() -> Scan:
    """The default mean head itself, turned, as if it were a scan."""
    model = load("default")
    turn = Rotation.from_euler("xyz", (10, -8, 3), degrees=True).as_matrix()
    vertices = model.mean.numpy().astype(np.float64) @ turn.T + (3, 40, -7)
    uv = np.nan_to_num(model.uv.numpy())
    texture = np.full((8, 8, 3), 180, np.uint8)
    return Scan(vertices, model.triangles.numpy(), uv, texture, vertices[model.landmarks.numpy()])


def test_the_mean_face_scanned_is_the_mean_face(mean_scan: Scan) -> None:
    views = render_views(mean_scan, load("default"), SIZE)
    assert len(views) == 12 and len({(view.yaw_deg, view.light) for view in views}) == 12
    for view in views:
        assert view.scored.sum() > 300
        assert np.abs(view.z_mm - view.mean_z_mm)[view.scored].max() < 0.05
        assert view.rgb.shape == (SIZE, SIZE, 3)
    left, right = (np.where(view.scored, view.z_mm, -np.inf).argmax() % SIZE for view in (views[0], views[-1]))
    assert right < SIZE / 2 < left, "at yaw -40 the face looks to the left of the image: its right cheek comes nearest"


def test_views_are_scored_beside_the_mean_face(mean_scan: Scan) -> None:
    model = load("default")
    bent = mean_scan.vertices.copy()
    bent[:, 2] += 6 * np.sin(bent[:, 0] / 15)  # a face that the mean is not
    scan = Scan(bent, mean_scan.triangles, mean_scan.uv, mean_scan.texture, bent[model.landmarks.numpy()])
    views = render_views(scan, model, SIZE)
    empty = np.zeros((SIZE, SIZE, 2))
    maps = [
        (view.scored, np.concatenate([empty, view.z_mm[..., None]], 2).astype(np.float32), np.zeros((SIZE, SIZE, 3)))
        for view in views
    ]
    for value in score_views(Oracle(maps, scale=2.0), views):
        assert value["network_mm"] < 1e-2 < value["mean_face_mm"] and value["ratio"] < 0.01


def test_a_folder_without_a_scan_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no scan"):
        load_scan(tmp_path)


@pytest.mark.skipif(not JAMES.is_dir(), reason=f"the evaluation data is not at {JAMES}")
def test_the_real_scan_loads_and_is_framed_like_the_renders() -> None:
    views = render_views(load_scan(JAMES), load("default"), SIZE)
    assert all(view.scored.sum() > 500 for view in views)
