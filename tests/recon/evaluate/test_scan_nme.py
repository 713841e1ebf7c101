from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from recon.evaluate.scan import Scan
from recon.evaluate.scan_nme import NOT_FOUND, errors, laid_in_depth, score, show
from recon.evaluate.sitting import Sitting, sit
from recon.faces import load
from recon.methods.base import FaceGeometry, FaceMesh
from tests.fakes import MapsReconstructor
from tests.recon.evaluate.known_answers import Blind
from tests.recon.evaluate.small_sets import Head

POSES = [(0.0, 0.0), (-40.0, 20.0)]


class Knows(MapsReconstructor):
    """Answers meshes (m, 3) of places in the image, one after another, moved in the image and in depth."""

    def __init__(self, places: list[np.ndarray], moved_px: tuple[float, float, float]) -> None:
        super().__init__()
        self.places, self.moved_px = places, np.array(moved_px)

    def predict(self, image: torch.Tensor) -> FaceGeometry:
        moved = torch.from_numpy(np.stack(self.places) + self.moved_px)
        flipped = moved * torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64) / 3.0  # a millimetre is 3 px
        count = moved.shape[1]
        triangles = torch.arange(3 * -(-count // 3)).reshape(-1, 3) % count  # each place is some triangle's
        return FaceGeometry(mesh=FaceMesh(flipped, moved[..., :2], triangles, "points"))


@pytest.fixture(scope="module")
def sitting() -> Sitting:
    head = Head(1)
    turn = Rotation.from_euler("xyz", (10, -8, 3), degrees=True).as_matrix()
    vertices, landmarks = (x @ turn.T + (3, 40, -7) for x in (head.vertices, head.landmarks))
    scan = Scan(vertices, head.triangles.astype(np.int32), head.uv, np.asarray(head.texture), landmarks)
    return sit(scan, load("default"), 64)


def test_the_truth_scores_nothing_and_a_shift_what_it_is(sitting: Sitting) -> None:
    shown = list(show(sitting, POSES, 900, np.random.default_rng(0)))
    assert [(view.yaw_deg, view.pitch_deg) for view in shown] == POSES and shown[0].rgb.shape == (64, 64, 3)
    assert all(300 < len(view.true) <= 900 for view in shown)
    for value in score(Knows([view.true for view in shown], (0, 0, 11.0)), shown):
        assert value["nme"] < 1e-6 and value["nme_aligned"] < 1e-6, "depth's shift is nobody's to know"
        assert 0.5 < value["mean_face"] < 10
    across = 0.03 * shown[0].eyes_px
    for view, value in zip(shown, score(Knows([v.true for v in shown], (across, 0, 0)), shown), strict=True):
        assert value["nme"] == pytest.approx(100 * across / view.eyes_px, rel=0.2) and value["nme_aligned"] < 0.1
    assert all(value["nme"] == NOT_FOUND and not value["found"] for value in score(Blind(), shown))


def test_the_eyes_are_as_far_apart_at_every_pose(sitting: Sitting) -> None:
    views = show(sitting, [(0, 0), (80, 0), (-80, 25)], 900, np.random.default_rng(0))
    front, *turned = (view.eyes_px for view in views)
    assert all(abs(one / front - 1) < 0.06 for one in turned), "perspective alone"


def test_pose_light_and_points_are_drawn_alike_each_time(sitting: Sitting) -> None:
    one, other = (next(iter(show(sitting, POSES, 900, np.random.default_rng(4)))) for _ in range(2))
    assert np.array_equal(one.rgb, other.rgb) and np.array_equal(one.true, other.true)


def test_errors_are_those_of_a_slow_computation() -> None:
    """Whose points are told apart beyond doubt: each true point's nearest found one is its own."""
    rng = np.random.default_rng(0)
    x, y = np.meshgrid(np.arange(12) * 10.0, np.arange(12) * 10.0)
    true = np.column_stack([x.ravel(), y.ravel(), 10 * np.sin(x.ravel() / 20)])
    found = true + rng.uniform(-1, 1, true.shape)
    middle = sum(true[:, 2] - found[:, 2]) / 144
    total = 0.0
    for p, q in zip(found + (0, 0, middle), true, strict=True):
        total += np.sqrt(sum((a - b) ** 2 for a, b in zip(p, q, strict=True)))
    assert errors(found + (0, 0, 5), true, 50.0, "scale")[0] == pytest.approx(100 * total / 144 / 50)


def test_an_affine_method_has_its_depth_scaled() -> None:
    true = np.random.default_rng(1).normal(size=(300, 3)) * 20
    laid = laid_in_depth(true * (1, 1, 0.4) + (0, 0, 9), true, "affine")
    np.testing.assert_allclose(laid, true, atol=1e-9)
