from types import SimpleNamespace

import numpy as np
import pytest
import trimesh

from recon.errors import UserError
from recon.reconstruction.results import chosen_formats, middle_mm, write_mesh


@pytest.fixture
def result():
    """A box of 150 x 200 x 100 mm, 600 mm before the camera, with a texture."""
    box = trimesh.creation.box((150.0, 200.0, 100.0))
    detail = SimpleNamespace(vertices=np.asarray(box.vertices) + [10.0, -20.0, -600.0], triangles=np.asarray(box.faces))
    texture = np.full((8, 8, 3), 120, np.uint8)
    return SimpleNamespace(detail=detail, texture=texture, uv=np.full((8, 2), 0.5))


def test_formats_are_names_between_commas():
    assert chosen_formats("obj, GLB") == ("obj", "glb")
    with pytest.raises(UserError, match="names none: give some of obj, ply, glb, stl"):
        chosen_formats(",")
    with pytest.raises(UserError, match="did you mean 'stl'"):
        chosen_formats("obj,stll")


def test_an_obj_shows_its_texture_as_it_is(result, tmp_path):
    write_mesh(tmp_path / "mesh.obj", result)
    words = [line.split() for line in (tmp_path / "mesh.mtl").read_text().splitlines()]
    material = {line[0]: [float(value) for value in line[1:]] for line in words if line and line[0] in ("Kd", "Ks")}
    assert material == {"Kd": [1, 1, 1], "Ks": [0, 0, 0]}


def test_a_glb_is_in_metres_about_its_middle(result, tmp_path):
    write_mesh(tmp_path / "mesh.glb", result)
    placed = trimesh.load(tmp_path / "mesh.glb", force="mesh", process=False).vertices
    np.testing.assert_allclose(np.abs(placed).max(0), [0.075, 0.1, 0.05], atol=1e-6)
    np.testing.assert_allclose(1000 * placed + middle_mm(result), result.detail.vertices, atol=1e-3)
    write_mesh(tmp_path / "mesh.ply", result)
    np.testing.assert_allclose(
        trimesh.load(tmp_path / "mesh.ply", process=False).vertices, result.detail.vertices, atol=1e-3
    )
