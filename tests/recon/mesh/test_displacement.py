import numpy as np
import pytest

from recon.geometry.laplacian import cotangent_laplacian
from recon.mesh.displacement import hat_gradients, paper_step, solve_displacement

SIDE, STEP = 41, 0.25


@pytest.fixture(scope="module")
def sheet():
    """A flat square of 10 mm: places (n, 3), triangles, stiffness."""
    x, y = np.meshgrid(STEP * np.arange(SIDE), STEP * np.arange(SIDE))
    vertices = np.stack([x.ravel(), y.ravel(), np.zeros(SIDE**2)], 1)
    corner = np.array([r * SIDE + c for r in range(SIDE - 1) for c in range(SIDE - 1)])
    triangles = np.concatenate(
        [np.stack([corner, corner + 1, corner + SIDE + 1], 1), np.stack([corner, corner + SIDE + 1, corner + SIDE], 1)]
    )
    return vertices, triangles, cotangent_laplacian(vertices, triangles)[0]


def relief(vertices):
    return 0.2 * np.sin(2 * np.pi * vertices[:, 0] / 4) * np.cos(2 * np.pi * vertices[:, 1] / 5)


def test_hat_gradients_differentiate_linear_functions(sheet):
    vertices, triangles, _ = sheet
    gradients, areas = hat_gradients(vertices, triangles)
    field = vertices @ [2.0, -3.0, 0.0]
    assert np.allclose(np.einsum("fkd,fk->fd", gradients, field[triangles]), [2, -3, 0])
    assert np.isclose(areas.sum(), (STEP * (SIDE - 1)) ** 2)


def test_without_slope_or_fairing_depth_is_gamma_times_darkness(sheet):
    vertices, triangles, stiffness = sheet
    smooth = relief(vertices)
    found = solve(sheet, smooth / 6.0, np.zeros_like(vertices), fairing_mm=1e-3)
    assert np.abs(found - smooth).max() < 0.01


def test_relief_under_a_light_from_the_side_is_found_from_its_slopes(sheet):
    vertices, *_ = sheet
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
    vertices, triangles, stiffness = sheet
    slope = np.ones_like(vertices)
    assert not solve(sheet, np.zeros(len(vertices)), slope).any()
    weights = (vertices[:, 0] > 5).astype(float)
    found = solve(sheet, np.sin(vertices[:, 1]), slope, weights=weights)
    assert not found[weights == 0].any() and found.any()
    assert not solve(sheet, np.sin(vertices[:, 1]), slope, weights=0 * weights).any()


def test_the_paper_s_step_is_the_mean_difference_over_the_ring(sheet):
    vertices, triangles, _ = sheet
    normals = np.broadcast_to([0.0, 0.0, 1.0], vertices.shape)
    mu = (vertices[:, 0] - 5) ** 2
    zero = np.zeros(len(vertices))
    twelve, thirteen = (
        paper_step(vertices, triangles, normals, mu, form, 2.0, 0.2, zero) for form in ("equation_12", "equation_13")
    )
    middle = (SIDE // 2) * SIDE + SIDE // 2
    alpha = np.exp(-np.array([STEP, STEP, STEP, STEP, STEP * 2**0.5, STEP * 2**0.5]))
    differences = -(STEP**2) * np.array([1, 1, 0, 0, 1, 1])
    assert np.isclose(thirteen[middle], 0.2 * 2.0 * (alpha @ differences) / alpha.sum())
    assert np.allclose(twelve, thirteen)  # on a plane no ring lies higher
    lifted = vertices + [0, 0, 1] * (np.arange(len(vertices)) == middle)[:, None]
    steps = [
        paper_step(lifted, triangles, normals, zero, form, 2.0, 0.2, zero) for form in ("equation_12", "equation_13")
    ]
    assert np.isclose(steps[0][middle], -0.2) and not steps[1].any()  # 12 draws it back to its ring's plane


def solve(sheet, mu, slope, fairing_mm=0.15, weights=None):
    vertices, triangles, stiffness = sheet
    weights = np.ones(len(vertices)) if weights is None else weights
    return solve_displacement(vertices, triangles, stiffness, mu, slope, weights, 6.0, 0.2, fairing_mm)
