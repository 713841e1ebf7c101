import numpy as np
import pytest
import trimesh
from scipy.linalg import eigh

from recon.detail.heat import diffuse, high_pass
from recon.geometry.laplacian import cotangent_laplacian


@pytest.fixture(scope="module")
def sphere():
    mesh = trimesh.creation.icosphere(subdivisions=2, radius=3.0)
    return cotangent_laplacian(np.asarray(mesh.vertices), np.asarray(mesh.faces))


def test_the_filter_is_that_of_the_eigen_decomposition(sphere):
    stiffness, mass = sphere
    values = np.random.default_rng(0).normal(size=(len(mass), 2))
    rates, modes = eigh(stiffness.toarray(), np.diag(mass))
    dt = 0.7
    expected = modes @ ((modes.T * mass @ values) / (1 + dt * rates)[:, None])
    assert np.allclose(diffuse(stiffness, mass, values, dt), expected, atol=1e-6)
    high = high_pass(stiffness, mass, values[:, 0], np.ones(len(mass)), dt)
    assert np.allclose(high, values[:, 0] - expected[:, 0], atol=1e-6)


def test_heat_is_kept(sphere):
    stiffness, mass = sphere
    values = np.random.default_rng(1).normal(size=len(mass))
    assert np.isclose(mass @ diffuse(stiffness, mass, values, 5.0), mass @ values, atol=1e-6)


def test_a_constant_has_no_high_frequencies_up_to_the_edge_of_what_is_seen(sphere):
    stiffness, mass = sphere
    weights = np.random.default_rng(2).random(len(mass)).clip(0.4, 1) - 0.4
    texture = np.where(weights > 0, 3.0, 1e6)  # what is unseen must not matter
    assert np.abs(high_pass(stiffness, mass, texture, weights, 2.0)).max() < 1e-5
