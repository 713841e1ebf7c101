import numpy as np
from scipy.spatial.transform import Rotation

from recon.detail.light import Light, fit_light, harmonics

COEFFICIENTS = np.array([1.0, 0.2, 0.3, 0.25, 0.05, -0.04, 0.03, 0.02, 0.04])


def directions(count: int, seed: int = 0) -> np.ndarray:
    normals = np.random.default_rng(seed).normal(size=(count, 3))
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def test_the_light_of_a_fully_seen_surface_is_found_in_spite_of_paint_on_a_part():
    normals = directions(2000)
    intensity = harmonics(normals) @ COEFFICIENTS
    intensity[:150] *= 0.3
    light = fit_light(normals, intensity, np.ones(len(normals)))
    assert np.abs(light.shading(normals[150:]) / intensity[150:] - 1).max() < 0.03


def test_the_slope_is_the_change_of_log_shading_as_the_normal_turns():
    light, normals, turns = Light(COEFFICIENTS, 0.01), directions(50), 1e-5 * directions(50, 1)
    turned = Rotation.from_rotvec(turns).apply(normals)
    change = np.log(light.shading(turned)) - np.log(light.shading(normals))
    slope = light.slope(normals)
    assert np.allclose((slope * normals).sum(1), 0)
    assert np.allclose((slope * (turned - normals)).sum(1), change, atol=1e-9)
    assert np.abs(change).max() > 1e-6


def test_without_anything_seen_the_light_is_even():
    light = fit_light(directions(10), np.ones(10), np.zeros(10))
    assert np.allclose(light.slope(directions(10)), 0)
