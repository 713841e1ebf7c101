"""The Basel Face Model's published formats, small files of the same structure, and what users can get wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.faces import load
from recon.faces.bfm import fitted_vertices_px, outward
from recon.faces.bfm_files import from_hdf5, read_bfm
from recon.faces.found_landmarks import found_landmarks
from recon.faces.model import REGIONS, FaceModel
from recon.faces.outer import refuse_part_of_head
from recon.faces.registry import load_texture
from recon.geometry.surfaces import triangle_cross
from recon.synthesis.config import SceneConfig
from recon.synthesis.scene import draw_scene
from tests.recon.faces.published import IDENTITIES, UNITS, bfm_300w_lp, bfm_2009, bfm_arrays, bfm_hdf5, head


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def subset(cache: None, tmp_path_factory: pytest.TempPathFactory) -> FaceModel:
    return load(f"bfm:{bfm_300w_lp(tmp_path_factory.mktemp('subset'))}")


def test_a_shape_is_mean_and_modes(subset: FaceModel):
    parts = head(eyes=False)
    rng = np.random.default_rng(0)
    identity, expression = rng.normal(size=IDENTITIES), rng.normal(size=len(UNITS))
    wanted = parts["mean"] + np.tensordot(identity, parts["identity"], 1)
    wanted += np.tensordot(expression, parts["expression"], 1)
    found = subset.vertices(torch.from_numpy(identity).float(), torch.from_numpy(expression).float()).numpy()
    np.testing.assert_allclose(found, wanted, atol=0.1)  # the middle of the landmarks lies where the default's does
    assert subset.name == "bfm" and not subset.eyeballs and subset.articulation is None
    with pytest.raises(ValueError, match="no joints"):
        subset.vertices(torch.zeros(IDENTITIES), torch.zeros(len(UNITS)), torch.zeros(5, 3))


def test_labels_are_carried_over_and_units_made(subset: FaceModel):
    template, parts = load("default"), head(eyes=False)
    on_face = subset.triangles[subset.face].unique().long()
    size_mm = template.canonical_box_mm[1] - template.canonical_box_mm[0]
    off = ((subset.canonical - (subset.mean - template.canonical_box_mm[0]) / size_mm) * size_mm).norm(dim=1)
    assert off[on_face].median() < 0.5 and torch.isfinite(subset.uv[on_face]).all()
    assert (subset.region.numpy() == parts["region"])[on_face].mean() > 0.9
    assert not np.isin(subset.region, [REGIONS.index(name) for name in ("teeth", "mouth_inside")]).any()
    smile = subset.coefficients({"mouthSmileLeft": 1.0})
    assert smile.numpy() == pytest.approx([0, 1, 0], abs=0.1)
    assert "jawOpen" not in subset.expression_names


def test_2009_has_no_expressions_and_faces_the_viewer(cache: None, tmp_path: Path):
    model = load(f"bfm:{bfm_2009(tmp_path)}")
    assert len(model.expression_basis) == 0 and model.coefficients({}).shape == (0,)
    neutral = model.vertices(torch.zeros(IDENTITIES), torch.zeros(0))
    assert torch.equal(neutral, model.mean)
    facing = triangle_cross(neutral, model.triangles[model.face])[:, 2]
    assert facing.mean() > 0, "triangles that are stored clockwise are turned"
    texture, a = load_texture(f"bfm:{tmp_path}"), bfm_arrays()
    alpha = np.array([0.5, -1.0, 0.25])
    wanted = a["colour"] + (a["colours"] * a["colour_sigma"])[:, :3] @ alpha
    np.testing.assert_allclose(texture.colours(torch.from_numpy(alpha).float()).numpy().ravel(), wanted, atol=1e-5)


def test_landmarks_are_told_by_a_file_or_found_by_a_fit(tmp_path: Path):
    parts = head(eyes=False)
    person = parts["mean"] + np.tensordot([1.5, -1, 1, 1.5, -1, 1, -1, 1, -1], parts["identity"], 1)
    bfm_2009(tmp_path, shapeMU=1000 * person.reshape(-1, 1))
    arrays = read_bfm(tmp_path)
    placed = arrays.mean + (40, 9, -70)
    found, ridge = found_landmarks(placed, outward(arrays.mean, arrays.triangles), load("default"))
    assert 3 < (person[ridge] - person[found[17:27]])[:, 1].mean() < 12  # mm over the brows
    found[17:27] = ridge  # where the published ones lie
    off = np.linalg.norm(person[found] - person[parts["landmarks"]], axis=1)
    assert np.median(off[17:]) < 5 and off.max() < 25
    ids = np.roll(parts["landmarks"], 1)
    np.savetxt(tmp_path / "landmarks.txt", ids, fmt="%d")
    told = read_bfm(tmp_path).keypoints
    assert told is not None and np.array_equal(told, ids)
    (tmp_path / "landmarks.txt").write_text("1 2 3")
    with pytest.raises(UserError, match="doesn't tell 68 of"):
        read_bfm(tmp_path)


def test_2019_s_arrays_and_the_subset_cut_from_2009_are_the_same_model(subset: FaceModel, tmp_path: Path):
    arrays = from_hdf5(tmp_path / "model2019_face12.h5", bfm_hdf5())
    cut = read_bfm(bfm_300w_lp(tmp_path, cut_from_2009=True))
    for one in (arrays, cut):
        np.testing.assert_allclose(one.mean, bfm_arrays()["mean"], atol=1e-3)
        np.testing.assert_allclose(one.shape, subset.identity_basis.numpy(), atol=1e-3)
        np.testing.assert_allclose(one.expression, subset.expression_basis.numpy(), atol=1e-3)
        np.testing.assert_allclose(one.colour.ravel(), bfm_arrays()["colour"], atol=1e-5)
    assert np.array_equal(cut.keypoints, bfm_arrays()["landmarks"])


def test_no_person_is_drawn_of_a_part_of_a_head(subset: FaceModel):
    kept = subset.mean[:, 2] > -90
    cut = replace(subset, mean=torch.where(kept[:, None], subset.mean, subset.mean.clamp(min=-90)))
    assert refuse_part_of_head(subset) is None
    with pytest.raises(UserError, match="'bfm' has no back of the head"):
        draw_scene(cut, 0, 0, SceneConfig())


def test_a_file_of_hdf5(cache: None, tmp_path: Path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "model2019_face12.h5", "w") as stored:
        for name, array in bfm_hdf5().items():
            stored[name] = array
    model = load(f"bfm:{tmp_path}")
    assert len(model.identity_basis) == IDENTITIES and "mouthSmileLeft" in model.expression_names
    file = tmp_path / "model2019_face12.h5"
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(UserError, match="can't be read"):
        read_bfm(file)


@pytest.mark.parametrize("part", ["shape", "color", "expression"])
def test_a_part_of_hdf5_is_whole(part: str):
    whole = bfm_hdf5()
    for name in ("pcaBasis", "pcaVariance"):
        content = {key: array for key, array in whole.items() if key != f"{part}/model/{name}"}
        with pytest.raises(UserError, match=f"lacks {part}/model/{name}"):
            from_hdf5(Path("a.h5"), content)
    with pytest.raises(UserError, match="triangles beyond"):
        from_hdf5(Path("a.h5"), {**whole, "shape/representer/cells": np.array(1)})


def test_hdf5_without_its_reader_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "model.h5").write_bytes(b"\x89HDF\r\n")
    with pytest.raises(UserError, match=r"synth2real\[models\]"):
        read_bfm(tmp_path)


def test_what_300w_lp_fitted_lies_where_its_equation_says(tmp_path: Path):
    arrays, a, rng = read_bfm(bfm_300w_lp(tmp_path)), bfm_arrays(), np.random.default_rng(5)
    shape, expression = rng.normal(0, 2000, IDENTITIES), rng.normal(0, 900, len(UNITS))
    pitch, yaw, roll = pose = np.array([0.2, -0.5, 0.1])
    translation, scale = np.array([60.0, 55.0, -30.0]), 6e-4
    found = fitted_vertices_px(arrays, shape, expression, pose, translation, scale, 120)
    um = 1000 * a["mean"].ravel() + a["shape"] @ shape + a["expression"] @ expression
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    about_y = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    about_z = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    matlab = (scale * about_x @ about_y @ about_z @ um.reshape(-1, 3).T).T + translation
    matlab[:, 1] = 120 + 1 - matlab[:, 1]
    np.testing.assert_allclose(found, matlab - (0.5, 0.5, 0), atol=1e-3)


WRONG = {
    "shapePC": (np.zeros((9, 9)), "has shape modes of"),
    "tl": (np.full((4, 3), 10**6), "triangles beyond"),
    "texMU": (None, "lacks texMU"),
    "shapeMU": (None, "is no BFM"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mat_of_another_kind_is_one_sentence(name: str, tmp_path: Path):
    bfm_2009(tmp_path, **{name: WRONG[name][0]})
    with pytest.raises(UserError, match=WRONG[name][1]):
        load(f"bfm:{tmp_path}")


def test_missing_and_truncated_files(tmp_path: Path):
    with pytest.raises(UserError, match="there is no"):
        load(f"bfm:{tmp_path}/nowhere")
    with pytest.raises(UserError, match=r"has 0 \.h5"):
        load(f"bfm:{tmp_path}")
    file = bfm_2009(tmp_path) / "01_MorphableModel.mat"
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(UserError, match="can't be read"):
        load(f"bfm:{tmp_path}")
    with pytest.raises(UserError, match="no texture space"):
        load_texture("default")
