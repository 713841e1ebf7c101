import numpy as np
import pytest
import trimesh

from recon.geometry.cameras import Camera
from recon.mesh.detail import DetailConfig, add_detail

SIZE = 128
CAMERA = Camera.from_fov(9.0, SIZE)
CONFIG = DetailConfig(edge_mm=3.0, dt_mm2=20.0, fairing_mm=1.0)


def ball() -> tuple[np.ndarray, np.ndarray]:
    mesh = trimesh.creation.icosphere(subdivisions=3, radius=40.0)
    tilted = mesh.vertices @ np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0].T
    triangles = np.asarray(mesh.faces)
    corners = tilted[triangles]
    outward = np.linalg.det(corners) > 0
    return tilted + [0, 0, -600], np.where(outward[:, None], triangles, triangles[:, ::-1])


def photo(size: int) -> np.ndarray:
    """A grey picture with waves of some 25 mm, the same whatever the resolution."""
    u, v = np.meshgrid((np.arange(size) + 0.5) / size, (np.arange(size) + 0.5) / size)
    return np.repeat((0.5 + 0.03 * np.sin(20 * u + 13 * v) + 0.03 * np.cos(24 * v))[..., None], 3, axis=2)


@pytest.fixture(scope="module")
def detail():
    return add_detail(*ball(), photo(SIZE), CAMERA, CONFIG)


def test_what_is_not_seen_does_not_move(detail):
    behind = detail.smooth[:, 2] < -600
    assert not detail.displacement_mm[behind].any() and not detail.visible[behind].any()
    assert np.array_equal(detail.vertices[detail.visible == 0], detail.smooth[detail.visible == 0])
    assert np.abs(detail.displacement_mm).max() > 0.05
    assert (detail.visible > 0.99).mean() > 0.15


def test_an_even_picture_adds_nothing():
    flat = add_detail(*ball(), np.full((SIZE, SIZE, 3), 0.5), CAMERA, CONFIG)
    assert np.abs(flat.displacement_mm).max() < 1e-4


def test_twice_the_resolution_gives_the_same_relief(detail):
    finer = add_detail(*ball(), photo(2 * SIZE), CAMERA.scaled(2), CONFIG)
    difference = finer.displacement_mm - detail.displacement_mm
    assert np.sqrt((difference**2).mean()) < 0.03 * np.sqrt((detail.displacement_mm**2).mean())


def test_turning_the_photo_and_the_mesh_turns_the_result(detail):
    vertices, triangles = ball()
    quarter = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])  # counter-clockwise, as np.rot90
    turned = add_detail(vertices @ quarter.T, triangles, np.rot90(photo(SIZE)), CAMERA, CONFIG)
    assert np.abs(turned.vertices - detail.vertices @ quarter.T).max() < 0.02 * np.abs(detail.displacement_mm).max()


def test_attributes_of_the_given_vertices_are_carried_over(detail):
    vertices, triangles = ball()
    assert np.allclose(detail.carry(vertices), detail.smooth)
    assert np.allclose(detail.carry(np.ones((len(vertices), 2, 2))), 1)
    assert detail.triangles.max() < len(detail.smooth) and len(detail.triangles) == 4 * len(triangles)


def test_detail_is_added_only_where_allowed():
    vertices, triangles = ball()
    right = add_detail(vertices, triangles, photo(SIZE), CAMERA, CONFIG, allowed=(vertices[:, 0] > 0).astype(float))
    assert not right.displacement_mm[right.smooth[:, 0] < -8].any()
    assert right.displacement_mm[right.smooth[:, 0] > 8].any()


@pytest.mark.parametrize("method", ["dark_is_deep", "equation_12", "equation_13"])
def test_the_other_methods_move_what_is_seen_alone(method):
    other = add_detail(*ball(), photo(SIZE), CAMERA, DetailConfig(method, 3.0, 20.0, fairing_mm=1.0))
    assert other.displacement_mm.any() and not other.displacement_mm[other.visible == 0].any()
