import numpy as np
import pytest
import torch
import trimesh

from recon.detail.displacement import paper_step
from recon.detail.heat import high_pass
from recon.detail.patch import Patch
from recon.detail.relief import DetailConfig, add_detail
from recon.evaluate.known_relief import photograph, subdivided
from recon.geometry.cameras import Camera
from recon.geometry.surfaces import vertex_normals
from recon.render.irradiance import from_side, irradiance

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


def test_nothing_is_added_where_something_lies_over_the_face(detail):
    over = np.zeros((SIZE, SIZE), np.float32)
    over[:, : SIZE // 2] = 1
    bare = add_detail(*ball(), photo(SIZE), CAMERA, CONFIG, over=over)
    left, right = (bare.smooth[:, 0] < -8), (bare.smooth[:, 0] > 8)
    assert not bare.displacement_mm[left].any() and not bare.visible[left].any()
    assert bare.displacement_mm[right].any() and np.array_equal(bare.seen, detail.seen)
    all_over = add_detail(*ball(), photo(SIZE), CAMERA, CONFIG, over=np.ones((SIZE, SIZE), np.float32))
    assert not all_over.displacement_mm.any() and np.array_equal(all_over.vertices, all_over.smooth)


@pytest.mark.parametrize("method", ["dark_is_deep", "equation_12", "equation_13"])
def test_the_other_methods_move_what_is_seen_alone(method):
    other = add_detail(*ball(), photo(SIZE), CAMERA, DetailConfig(method, 3.0, 20.0, fairing_mm=1.0))
    assert other.displacement_mm.any() and not other.displacement_mm[other.visible == 0].any()


def valley():
    """A plane 600 mm away, wider than the picture, with a smooth valley across it, 12 mm deep: (n, 3), (f, 3)."""
    side = np.arange(-60, 60.1, 2.0)
    x, y = np.meshgrid(side, side)
    vertices = np.stack([x, y, -600 - 12 * np.exp(-(y**2) / 50)], -1).reshape(-1, 3)
    corner = (np.arange(len(side) - 1)[:, None] * len(side) + np.arange(len(side) - 1)).reshape(-1, 1)
    quads = corner + [0, 1, len(side) + 1, len(side)]
    return vertices, np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]]).astype(np.int32)


def lit_by_the_sky():
    fine, faces = subdivided(*valley(), 1)
    return photograph(fine, faces, irradiance(fine, faces, from_side(0, 0.0)), CAMERA)


def test_a_valley_darkened_by_its_own_sides_is_hardly_dug_deeper(monkeypatch):
    image = lit_by_the_sky()
    divided = add_detail(*valley(), image, CAMERA, CONFIG)
    monkeypatch.setattr("recon.detail.relief.irradiance", lambda vertices, *_: np.ones(len(vertices)))
    blind = add_detail(*valley(), image, CAMERA, CONFIG)
    inner = divided.visible > 0.9
    assert inner.mean() > 0.3
    assert np.abs(divided.displacement_mm[inner]).mean() < 0.5 * np.abs(blind.displacement_mm[inner]).mean()


def test_a_cast_shadow_is_not_taken_for_relief(monkeypatch):
    image = photo(SIZE) * np.where(np.arange(SIZE)[:, None, None] < 0.45 * SIZE, 0.3, 1.0)
    wary = add_detail(*ball(), image, CAMERA, CONFIG)
    monkeypatch.setattr("recon.detail.relief.UNLIKE", 1e9)
    trusting = add_detail(*ball(), image, CAMERA, CONFIG)
    calm = add_detail(*ball(), photo(SIZE), CAMERA, CONFIG).displacement_mm
    wrong = [np.square(each.displacement_mm - calm).mean() for each in (wary, trusting)]
    assert wrong[0] < 0.6 * wrong[1]


def test_the_papers_step_is_equation_14_of_the_nearest_pixels_greys():
    """No light divided out, no pyramid, no limits: as supplement B.2 prints it, but that hidden vertices stay."""
    config = DetailConfig("equation_13", 3.0, 20.0, gamma_mm=2.0)
    rng = np.random.default_rng(0)
    rough = rng.random((SIZE, SIZE, 3))
    found = add_detail(*ball(), rough, CAMERA, config)
    normals = vertex_normals(torch.from_numpy(found.smooth), torch.from_numpy(found.triangles)).numpy()
    seen = np.unique(found.triangles[(found.visible > 0)[found.triangles].any(1)])
    place = np.full(len(normals), -1)
    place[seen] = np.arange(len(seen))
    near = found.triangles[(found.visible > 0)[found.triangles].any(1)]
    patch = Patch(found.smooth[seen], place[near], normals[seen])
    u, v = CAMERA.project(torch.from_numpy(patch.vertices)).numpy().T
    grey = (rough @ (0.299, 0.587, 0.114))[v.astype(int), u.astype(int)]
    visible = found.visible[seen]
    mu = high_pass(patch.laplacian, patch.mass, grey, visible, 20.0)
    fairing = -2 * config.fairing_mm**2 * patch.mean_curvature()
    expected = visible * paper_step(patch, mu, "equation_13", 2.0, 0.2, fairing)
    np.testing.assert_allclose(found.displacement_mm[seen], expected, atol=1e-5)
    assert np.abs(found.displacement_mm).max() > 0.1
