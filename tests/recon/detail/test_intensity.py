import numpy as np

from recon.detail.intensity import halved, linear_luminance, luma, nearest, sample


def test_luminance_is_linear_light():
    grey = np.array([[[0.0] * 3, [0.5] * 3]])
    assert np.allclose(linear_luminance(grey), [[0, 0.21404]], atol=1e-5)
    assert np.allclose(linear_luminance(np.eye(3)[None]), [[0.2126, 0.7152, 0.0722]], atol=1e-6)


def test_a_ramp_is_read_at_its_places_whatever_the_footprint():
    u, v = np.meshgrid(np.arange(64) + 0.5, np.arange(48) + 0.5)
    ramp = 2 * u + 3 * v
    points = np.array([[20.0, 20.0], [31.3, 17.9], [40.0, 30.0]])
    for footprint in (0.2, 1.0, 3.0, 5.5):
        assert np.allclose(sample(ramp, points, np.full(3, footprint)), points @ [2, 3], atol=1e-4)


def test_noise_is_averaged_over_the_footprint():
    image = np.random.default_rng(0).normal(size=(256, 256))
    points = np.random.default_rng(1).uniform(40, 216, (4000, 2))
    fine, coarse = (sample(image, points, np.full(4000, side)).std() for side in (1.0, 8.0))
    assert coarse < fine / 6


def test_halving_repeats_an_odd_border():
    assert np.allclose(halved(np.array([[1.0, 3.0, 5.0]])), [[2, 5]])


def test_the_nearest_pixel_is_the_one_that_a_point_lies_in():
    image = np.arange(12.0).reshape(3, 4)
    points = np.array([[0.0, 0.0], [0.99, 1.01], [3.5, 2.5], [-5.0, 1.2], [9.0, 9.0]])
    assert nearest(image, points).tolist() == [0, 4, 11, 4, 11]
    np.testing.assert_allclose(luma(np.ones((2, 2, 3))), 1)
