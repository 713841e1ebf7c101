import numpy as np
import pytest

from recon.evaluate.relief import ball, bumps, from_side, irradiance, mottled, photograph, wrinkles
from recon.geometry.cameras import Camera

QUAD = np.array([[0, 1, 2], [0, 2, 3]])


def trench(half_width: float, depth: float, length: float = 400.0) -> tuple[np.ndarray, np.ndarray]:
    """A long slot that opens toward the camera, its floor's middle the last vertex: floor, two walls."""
    x, y, top, floor = half_width, length, -600.0, -600.0 - depth
    vertices = [[-x, -y, floor], [x, -y, floor], [x, y, floor], [-x, y, floor]]
    vertices += [[x, -y, floor], [x, -y, top], [x, y, top], [x, y, floor]]
    vertices += [[-x, -y, floor], [-x, y, floor], [-x, y, top], [-x, -y, top]]
    floor_fan = [[0, 1, 12], [1, 2, 12], [2, 3, 12], [3, 0, 12]]
    return np.array([*vertices, [0, 0, floor]], float), np.concatenate([floor_fan, QUAD + 4, QUAD + 8]).astype(np.int32)


@pytest.mark.parametrize("depth", [1.0, 3.0])
def test_the_floor_of_a_long_slot_sees_the_sine_of_its_opening(depth):
    vertices, triangles = trench(2.0, depth)
    light = irradiance(vertices, triangles, from_side(0, 0.0), rays=4096)
    assert abs(light[-1] - 2 / np.hypot(2, depth)) < 0.01


def test_a_light_from_the_side_falls_by_its_cosine_and_is_stopped_by_a_wall():
    vertices, triangles = trench(2.0, 1.0)
    assert np.isclose(irradiance(vertices, triangles, from_side(60, 1.0))[-1], 0.5, atol=1e-5)
    assert irradiance(vertices, triangles, from_side(70, 1.0))[-1] == 0


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
