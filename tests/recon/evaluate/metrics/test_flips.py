"""A triangle folded over its edge, and one that is only turned."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from recon.evaluate.metrics.flips import flipped

SQUARE = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]])


def test_a_fold_flips_one_triangle_alone() -> None:
    folded = SQUARE.copy()
    folded[3] = (1, 0, 0)  # across the diagonal
    assert flipped(SQUARE, folded, TRIANGLES).tolist() == [False, True]


def test_a_turn_flips_beyond_a_right_angle() -> None:
    for degrees, over in ((80, False), (100, True)):
        turned = SQUARE @ Rotation.from_euler("x", degrees, degrees=True).as_matrix().T
        assert flipped(SQUARE, turned, TRIANGLES).tolist() == [over, over]
