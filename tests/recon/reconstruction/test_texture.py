import numpy as np
import pytest

from recon.geometry.cameras import Camera
from recon.reconstruction.texture import texture_of

SIDE = 64


@pytest.fixture
def sheet():
    """A square that fills the camera's image, its uv the image itself."""
    line = np.linspace(-1, 1, 9)
    x, y = (grid.reshape(-1) for grid in np.meshgrid(line, line, indexing="ij"))
    vertices = np.stack([x, y, np.full_like(x, -2.0)], 1)
    a = (np.arange(8)[:, None] * 9 + np.arange(8)).reshape(-1)
    triangles = np.concatenate([np.stack([a, a + 9, a + 10], 1), np.stack([a, a + 10, a + 1], 1)]).astype(np.int32)
    return vertices, triangles, (np.stack([x, y], 1) + 1) / 2, Camera(128.0, (64.0, 64.0), 128)


def test_what_is_seen_is_the_photo(sheet):
    vertices, triangles, uv, camera = sheet
    ramp = np.linspace(20, 220, 128).astype(np.uint8)
    photo = np.stack([np.tile(ramp, (128, 1)), np.tile(ramp[:, None], (1, 128)), np.full((128, 128), 90, np.uint8)], -1)
    texture, own = texture_of(vertices, triangles, uv, np.ones(len(vertices)), photo, camera, SIDE)
    inner = slice(8, -8)
    assert own[inner, inner].min() == 1
    assert np.abs(texture[inner, inner].astype(int) - photo[::2, ::2][inner, inner]).max() <= 4


def test_an_unseen_side_takes_the_mirrored_one(sheet):
    vertices, triangles, uv, camera = sheet
    photo = np.full((128, 128, 3), 120, np.uint8)
    photo[40:56, 20:36] = 200  # a mark on the left
    photo[:, 64:] = (0, 0, 255)  # what must not be read
    trust = (uv[:, 0] < 0.5).astype(float)
    texture, own = texture_of(vertices, triangles, uv, trust, photo, camera, SIDE)
    assert own[:, 40:].max() == 0
    mark, beside = texture[20:28, SIDE - 18 : SIDE - 10], texture[40:48, SIDE - 18 : SIDE - 10]
    assert mark.mean() > beside.mean() + 30
    assert texture[..., 2].max() < 230


def test_what_lies_over_the_face_is_none_of_its_skin(sheet):
    vertices, triangles, uv, camera = sheet
    photo = np.full((128, 128, 3), 120, np.uint8)
    photo[40:48] = (0, 0, 255)  # a bar, as of glasses, on both sides
    over = np.zeros((128, 128), np.float32)
    over[38:50] = 1
    trust = np.ones(len(vertices))
    texture, own = texture_of(vertices, triangles, uv, trust, photo, camera, SIDE, over)
    assert own[19:25].max() == 0 and own[:18].min() == own[26:].min() == 1
    assert np.abs(texture.astype(int) - 120).max() <= 2
    with_it, _ = texture_of(vertices, triangles, uv, trust, photo, camera, SIDE)
    assert with_it[21:23, ..., 2].min() > 240


def test_nothing_seen_is_plain_grey(sheet):
    vertices, triangles, uv, camera = sheet
    photo = np.zeros((128, 128, 3), np.uint8)
    texture, own = texture_of(vertices, triangles, uv, np.zeros(len(vertices)), photo, camera, SIDE)
    assert (texture == 128).all() and not own.any()
