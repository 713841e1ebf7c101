import numpy as np
import pytest

from recon.render.irradiance import from_side, irradiance

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
