import numpy as np
import pytest

from recon.methods.places import WINDOW, located

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


def slowly(correspondence, mask, goal, size_mm):
    """One place, by least squares over the pixels about the nearest one."""
    offset = (correspondence.transpose(1, 2, 0) - goal) * size_mm
    distance = np.where(mask, np.linalg.norm(offset, axis=-1), np.inf)
    row, column = np.unravel_index(distance.argmin(), mask.shape)
    top, left = max(row - WINDOW, 0), max(column - WINDOW, 0)
    rows, columns = np.nonzero(mask[top : row + WINDOW + 1, left : column + WINDOW + 1])
    rows, columns = rows + top, columns + left
    design = np.stack([columns - column, rows - row, np.ones(len(rows))], 1)
    affine = np.linalg.lstsq(design, offset[rows, columns], rcond=None)[0]  # offset = du a0 + dv a1 + a2
    step = np.linalg.lstsq(affine[:2].T, -affine[2], rcond=None)[0]
    return np.array([column, row]) + 0.5 + step.clip(-1, 1)


def test_as_one_place_is_read_by_least_squares():
    random = np.random.default_rng(1)
    places = plane() + random.normal(0, 0.01, (3, 24, 24))
    mask = random.random((24, 24)) < 0.7
    goals = random.uniform(0.1, 0.9, (30, 3))
    found = located(places, mask, goals, BOX)
    for goal, one in zip(goals, found, strict=True):
        np.testing.assert_allclose(one, slowly(places, mask, goal, BOX), atol=1e-3)


@pytest.mark.parametrize("pixels", [[(3, 4)], [(3, 4), (3, 5), (3, 6)]])
def test_a_pixel_or_a_line_is_enough(pixels):
    mask = np.zeros((24, 24), bool)
    for row, column in pixels:
        mask[row, column] = True
    (found,) = located(plane(), mask, np.array([[0.2, 0.2, 0.2]]), BOX)
    assert np.isfinite(found).all() and abs(found - (4.5, 3.5)).max() <= 3
