from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from recon.evaluate.metrics.nme import box_side, closest_pairs, nme, reconstruction_nme


def test_by_hand() -> None:
    true = np.array([[0.0, 0, 5], [4, 0, -5], [4, 9, 0]])
    assert box_side(true) == 6.0
    found = true + [[3.0, 4, 0], [0, 0, 0], [0, 0, 2]]
    assert nme(found, true, 6.0) == pytest.approx((5 + 0 + 2) / 3 / 6)
    assert nme(found[:, :2], true[:, :2], 6.0) == pytest.approx(5 / 3 / 6)


def slow_icp(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Pairs by every distance, moved by Kabsch, until nothing changes."""
    moved, before = found.copy(), None
    for _ in range(100):
        which = np.array([min(range(len(moved)), key=lambda k: float(((moved[k] - p) ** 2).sum())) for p in true])
        if before is not None and np.array_equal(which, before):
            return which
        before = which
        a, b = moved[which] - moved[which].mean(0), true - true.mean(0)
        u, _, vt = np.linalg.svd(a.T @ b)
        turn = vt.T @ np.diag([1, 1, np.sign(np.linalg.det(vt.T @ u.T))]) @ u.T
        moved = (moved - moved[which].mean(0)) @ turn.T + true.mean(0)
    raise AssertionError("did not settle")


def test_pairs_are_those_of_a_slow_search() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(size=(40, 3)) * (30, 40, 15)
    turn = Rotation.from_rotvec([0.02, -0.03, 0.05]).as_matrix()
    found = np.concatenate([true, rng.normal(size=(60, 3)) * 30]) @ turn.T + (0.5, 1, -0.5)
    which, aligned = closest_pairs(found, true, 60.0)
    assert np.array_equal(which, slow_icp(found, true)) and np.array_equal(which, np.arange(40))
    np.testing.assert_allclose(aligned.rotation, turn.T, atol=1e-9)


def test_pose_counts_as_it_lies_and_not_aligned() -> None:
    true = np.random.default_rng(1).normal(size=(200, 3)) * 30
    as_lies, aligned = reconstruction_nme(true + (0.3, 0, 0.4), true, 50.0)
    assert as_lies == pytest.approx(0.5 / 50) and aligned < 1e-9
