"""What a camera does to light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recon.synthesis.response import BRIGHT, develop, draw_response, metered


def test_a_metering_camera_lowers_the_exposure_to_a_bright_face_alone() -> None:
    response = replace(draw_response(np.random.default_rng(0)), exposure=2.0, meters=True)
    bright, dark = np.full((100, 3), 0.9, np.float32), np.full((100, 3), 0.1, np.float32)
    assert metered(response, bright).exposure == pytest.approx(BRIGHT / 0.9)
    assert metered(response, dark) == metered(response, dark[:0]) == response
    assert metered(replace(response, meters=False), bright).exposure == 2.0
    spots = np.concatenate([dark, bright[:5]])  # fewer than the share that may be brighter
    assert metered(response, spots).exposure == 2.0


def test_light_is_developed_in_order_and_white_stays_white() -> None:
    response = replace(draw_response(np.random.default_rng(1)), exposure=1.0, balance=(1.0, 1.0, 1.0), contrast=1.0)
    ramp = np.linspace(0, 4, 64, dtype=np.float32)[None, :, None].repeat(3, 2)
    shown = develop(ramp, response)[0]
    assert (np.diff(shown, axis=0) >= -1e-6).all() and shown[0].max() == 0 and shown[-1].min() > 0.99
    assert np.allclose(shown, shown[:, :1], atol=1e-6)  # grey stays grey
