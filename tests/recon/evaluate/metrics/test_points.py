"""Points off by known amounts, masks that hold known ones."""

from __future__ import annotations

import numpy as np
import pytest

from recon.evaluate.metrics.points import inside, offsets_percent, residual_percent


def test_offsets_are_per_cent_of_the_unit() -> None:
    true = np.array([[10.0, 20.0], [30.0, 40.0]])
    np.testing.assert_allclose(offsets_percent(true + (3.0, -4.0), true, 50.0), [[6, -8], [6, -8]])


def test_what_is_constant_of_a_point_is_no_residual() -> None:
    constant = np.broadcast_to(np.random.default_rng(0).normal(size=(5, 2)), (8, 5, 2))
    assert residual_percent(constant) == pytest.approx(np.zeros(8))
    spread = np.zeros((8, 5, 2))
    spread[::4], spread[2::4] = (3.0, 4.0), (-3.0, -4.0)  # the even half has mean 0, the odd half is 0
    assert residual_percent(constant + spread) == pytest.approx([5, 0, 5, 0, 5, 0, 5, 0])


def test_no_face_explains_itself() -> None:
    assert residual_percent(np.array([[[3.0, 4.0]], [[0.0, 0.0]]])) == pytest.approx([5, 5])


def test_a_point_is_inside_on_its_pixel() -> None:
    mask = np.zeros((4, 6), bool)
    mask[1, 5] = True
    points = np.array([[5.0, 1.0], [5.99, 1.99], [4.99, 1.5], [6.0, 1.5], [5.5, 2.0], [-0.1, 1.5]])
    assert inside(mask, points).tolist() == [True, True, False, False, False, False]
