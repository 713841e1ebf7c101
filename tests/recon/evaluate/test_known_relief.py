import numpy as np

from recon.evaluate.known_relief import ball, bumps, mottled, photograph, wrinkles
from recon.geometry.cameras import Camera


def test_a_photo_of_even_light_is_even_and_repeats():
    vertices, triangles = ball(20.0)
    camera = Camera.from_fov(4.2, 64)
    photo = photograph(vertices, triangles, np.ones(len(vertices)), camera)
    assert np.array_equal(photo, photograph(vertices, triangles, np.ones(len(vertices)), camera))
    assert photo[26:38, 26:38].std((0, 1)).max() < 2 / 255 and photo[0, 0].max() < 4 / 255


def test_relief_has_the_heights_that_it_says():
    vertices, _ = ball(20.0)
    normals = (vertices + [0, 0, 600]) / 20
    assert bumps(vertices, 20, 0, raised=0.0).max() <= 0 <= bumps(vertices, 20, 0, raised=1.0).min()
    grooves = wrinkles(vertices, normals, 10, 0)
    assert -0.6 <= grooves.min() < -0.15 and grooves.max() <= 0
    assert abs(np.log(mottled(vertices, 0.05, 0)).std() - 0.05) < 0.01
