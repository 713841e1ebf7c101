import numpy as np
import pytest

from recon.detail.displacement import hat_gradients, paper_step, solve_displacement
from recon.detail.patch import Patch

SIDE, STEP = 41, 0.25
FORMS = ("equation_12", "equation_13")


@pytest.fixture(scope="module")
def sheet():
    """A flat square of 10 mm."""
    x, y = np.meshgrid(STEP * np.arange(SIDE), STEP * np.arange(SIDE))
    vertices = np.stack([x.ravel(), y.ravel(), np.zeros(SIDE**2)], 1)
    corner = np.array([r * SIDE + c for r in range(SIDE - 1) for c in range(SIDE - 1)])
    triangles = np.concatenate(
        [np.stack([corner, corner + 1, corner + SIDE + 1], 1), np.stack([corner, corner + SIDE + 1, corner + SIDE], 1)]
    )
    return Patch(vertices, triangles, np.tile([0.0, 0.0, 1.0], (len(vertices), 1)))


def relief(vertices):
    return 0.2 * np.sin(2 * np.pi * vertices[:, 0] / 4) * np.cos(2 * np.pi * vertices[:, 1] / 5)


def test_hat_gradients_differentiate_linear_functions(sheet):
    vertices, triangles = sheet.vertices, sheet.triangles
    gradients, areas = hat_gradients(vertices, triangles)
    field = vertices @ [2.0, -3.0, 0.0]
    assert np.allclose(np.einsum("fkd,fk->fd", gradients, field[triangles]), [2, -3, 0])
    assert np.isclose(areas.sum(), (STEP * (SIDE - 1)) ** 2)


def test_without_slope_or_fairing_depth_is_gamma_times_darkness(sheet):
    vertices = sheet.vertices
    smooth = relief(vertices)
    found = solve(sheet, smooth / 6.0, np.zeros_like(vertices), fairing_mm=1e-3)
    assert np.abs(found - smooth).max() < 0.01


def test_relief_under_a_light_from_the_side_is_found_from_its_slopes(sheet):
    vertices = sheet.vertices
    x, y = 2 * np.pi * vertices[:, 0] / 4, 2 * np.pi * vertices[:, 1] / 5
    gradient = 0.2 * np.stack([np.cos(x) * np.cos(y) * 2 * np.pi / 4, -np.sin(x) * np.sin(y) * 2 * np.pi / 5, 0 * x], 1)
    slope = np.broadcast_to([1.5, 0.4, 0.0], vertices.shape)
    truth = relief(vertices)
    mu = truth / 6.0 - (slope * gradient).sum(1)
    aware = solve(sheet, mu, slope, fairing_mm=0.05)
    blind = solve(sheet, mu, np.zeros_like(vertices), fairing_mm=0.05)
    inner = (np.abs(vertices[:, :2] - 5) < 3.5).all(1)
    assert np.corrcoef(aware[inner], truth[inner])[0, 1] > 0.98
    assert abs(np.corrcoef(blind[inner], truth[inner])[0, 1]) < 0.3


def test_nothing_moves_where_nothing_is_dark_or_nothing_is_seen(sheet):
    vertices = sheet.vertices
    slope = np.ones_like(vertices)
    assert not solve(sheet, np.zeros(len(vertices)), slope).any()
    weights = (vertices[:, 0] > 5).astype(float)
    found = solve(sheet, np.sin(vertices[:, 1]), slope, weights=weights)
    assert not found[weights == 0].any() and found.any()
    assert not solve(sheet, np.sin(vertices[:, 1]), slope, weights=0 * weights).any()


def test_the_paper_s_step_is_the_mean_difference_over_the_ring(sheet):
    mu = (sheet.vertices[:, 0] - 5) ** 2
    zero = np.zeros(len(mu))
    twelve, thirteen = (paper_step(sheet, mu, form, 2.0, 0.2, zero) for form in FORMS)
    middle = (SIDE // 2) * SIDE + SIDE // 2
    alpha = np.exp(-STEP * np.array([1, 1, 1, 1, 2**0.5, 2**0.5]))
    differences = -(STEP**2) * np.array([1, 1, 0, 0, 1, 1])
    assert np.isclose(thirteen[middle], 0.2 * 2.0 * (alpha @ differences) / alpha.sum())
    assert np.allclose(twelve, thirteen)  # on a plane no ring lies higher


def test_equation_12_draws_a_vertex_to_its_ring_and_13_does_not(sheet):
    middle = (SIDE // 2) * SIDE + SIDE // 2
    places = sheet.vertices + [0, 0, 1] * (np.arange(len(sheet.vertices)) == middle)[:, None]
    lifted = Patch(places, sheet.triangles, sheet.normals)
    zero = np.zeros(len(places))
    twelve, thirteen = (paper_step(lifted, zero, form, 2.0, 0.2, zero) for form in FORMS)
    assert np.isclose(twelve[middle], -0.2) and not thirteen.any()


def solve(patch, mu, slope, fairing_mm=0.15, weights=None):
    weights = np.ones(len(mu)) if weights is None else weights
    return solve_displacement(patch, mu, slope, weights, 6.0, 0.2, fairing_mm)
