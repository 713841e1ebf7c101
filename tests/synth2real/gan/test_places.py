import numpy as np
import pytest

from recon.evaluate.answers import locate
from synth2real.gan.places import located

BOX = np.array([150.0, 190.0, 100.0])


def plane(size=24, shift=(0.0, 0.0)):
    """A face whose correspondence is linear in the pixel: the place of pixel centre (u, v) is known."""
    v, u = np.mgrid[:size, :size] + 0.5
    u, v = u - shift[0], v - shift[1]
    return np.stack([u / size, v / size, 0.3 * u / size + 0.1])


def test_a_linear_face_is_read_exactly():
    truth = np.random.default_rng(0).uniform(2, 22, (50, 2))
    goals = np.stack([truth[:, 0] / 24, truth[:, 1] / 24, 0.3 * truth[:, 0] / 24 + 0.1], 1)
    found = located(plane(), np.ones((24, 24), bool), goals, BOX)
    np.testing.assert_allclose(found, truth, atol=1e-5)
    moved = located(plane(shift=(1.5, -0.75)), np.ones((24, 24), bool), goals[:10], BOX)
    inside = (np.abs(truth[:10] + (1.5, -0.75) - 12) < 11).all(1)
    np.testing.assert_allclose(moved[inside], truth[:10][inside] + (1.5, -0.75), atol=1e-5)


def test_as_the_protocol_reads_one_place():
    random = np.random.default_rng(1)
    places = plane() + random.normal(0, 0.01, (3, 24, 24))
    mask = random.random((24, 24)) < 0.7
    goals = random.uniform(0.1, 0.9, (30, 3))
    found = located(places, mask, goals, BOX)
    for goal, one in zip(goals, found, strict=True):
        alone = locate(places, mask, goal, BOX)
        assert alone is not None
        np.testing.assert_allclose(one, alone, atol=1e-3)


@pytest.mark.parametrize("pixels", [[(3, 4)], [(3, 4), (3, 5), (3, 6)]])
def test_a_pixel_or_a_line_is_enough(pixels):
    mask = np.zeros((24, 24), bool)
    for row, column in pixels:
        mask[row, column] = True
    (found,) = located(plane(), mask, np.array([[0.2, 0.2, 0.2]]), BOX)
    assert np.isfinite(found).all() and abs(found - (4.5, 3.5)).max() <= 3
