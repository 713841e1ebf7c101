"""Heights and normals whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from recon.evaluate.metrics.relief import correlation, normal_angles_deg, rms


def test_scale_and_mean_do_not_matter_to_the_correlation() -> None:
    height = np.random.default_rng(0).normal(size=100)
    assert correlation(height, 3 * height + 7) == pytest.approx(1)
    assert correlation(height, -height) == pytest.approx(-1)


def test_rms_of_a_sine() -> None:
    assert rms(2 * np.sin(np.linspace(0, 2 * np.pi, 1000, endpoint=False))) == pytest.approx(np.sqrt(2))


def test_normals_of_a_tilted_plane_are_off_by_the_tilt() -> None:
    tilt = np.radians(20)
    vertices = np.array([[x, y, np.tan(tilt) * x] for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))], np.float64)
    angles = normal_angles_deg(vertices, np.array([[0, 1, 2], [0, 2, 3]]), np.tile([0.0, 0.0, 1.0], (4, 1)))
    assert angles == pytest.approx([20] * 4)
