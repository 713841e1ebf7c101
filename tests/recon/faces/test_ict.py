"""ICT-FaceKit: what is carried over from the default model, the published folder, and what a user can get wrong.

The published files are not part of this repository: tests that read them take `../shared/models`, and skip where it is
    absent.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.faces import load
from recon.faces.carry_over import carry_over, fit_sphere, markup
from recon.faces.ict import LANDMARKS, load_ict
from recon.faces.model import REGIONS, FaceModel
from tests.shared import SHARED

SHARED = SHARED / "models"
FOLDER = SHARED / "ict_sample" / "FaceXModel"
needs_sample = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"ICT-FaceKit's sample files are not at {FOLDER}")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def ict(cache: Path) -> FaceModel:
    return load_ict(FOLDER, load("default"))


def test_the_default_model_carried_over_to_itself_keeps_its_places() -> None:
    model = load("default")
    vertices, triangles = model.mean.numpy().astype(np.float64), model.triangles.numpy()
    region = model.region.numpy()
    skin = np.isin(region, [REGIONS.index(name) for name in ("skin", "lips", "brows", "neck", "ears", "scalp")])
    eyeballs = tuple(eye.vertices.numpy() for eye in sorted(model.eyeballs, key=lambda eye: eye.outward))
    moved = 1.3 * vertices @ np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]]) + (5, 900, -40)
    carried = carry_over(moved, triangles, markup(model), eyeballs, skin, model)
    on_face = np.unique(triangles[model.face.numpy()])
    size_mm = (model.canonical_box_mm[1] - model.canonical_box_mm[0]).numpy()
    wrong_mm = np.linalg.norm((carried.canonical - model.canonical.numpy()) * size_mm, axis=1)
    assert wrong_mm[on_face].max() < 0.05
    inner = np.setdiff1d(on_face, triangles[~model.face.numpy()])
    assert carried.on_face[inner[skin[inner]]].all()
    assert (carried.region[inner[skin[inner]]] == region[inner[skin[inner]]]).all()


def test_sphere_fit_recovers_centre_and_radius_from_a_cap() -> None:
    directions = np.random.default_rng(0).normal(size=(50, 3))
    directions[:, 2] = np.abs(directions[:, 2])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    centre, radius = fit_sphere(12 * directions + (30, -4, 80))
    np.testing.assert_allclose(centre, (30, -4, 80), atol=1e-9)
    assert radius == pytest.approx(12)


@needs_sample
def test_the_folder_loads_in_millimetres_and_faces_as_the_default_does(ict: FaceModel) -> None:
    default = load("default")
    assert ict.identity_basis.shape == (3, *ict.mean.shape)
    assert ict.expression_names == ("eyeBlinkLeft", "jawOpen", "mouthSmileLeft")
    assert ict.landmarks.tolist() == list(LANDMARKS)
    offset = ict.mean[ict.landmarks] - default.mean[markup(default)]
    assert offset.norm(dim=1).mean() < 12, "people differ, poses and units do not"
    blink = ict.expression_basis[0].norm(dim=1)
    assert ict.mean[blink.argmax()][0] > 0, "the model's left eye lies at high x"
    assert 5 < blink.max() < 15, "an eyelid closes by about a centimetre"


@needs_sample
def test_labels_are_carried_over(ict: FaceModel) -> None:
    on_face = ict.triangles[ict.face].unique().long()
    assert ((ict.canonical[on_face] > 0) & (ict.canonical[on_face] < 1)).all()
    assert torch.isfinite(ict.uv[on_face]).all()
    default = load("default")
    size_mm = default.canonical_box_mm[1] - default.canonical_box_mm[0]
    offset = (ict.canonical[ict.landmarks] - default.canonical[markup(default)]) * size_mm
    assert offset[17:60].norm(dim=1).mean() < 0.8, "landmarks of brows, nose, eyes and outer lips meet the default's"
    assert offset.norm(dim=1).max() < 4
    inside = np.isin(ict.region.numpy(), [REGIONS.index("mouth_inside"), REGIONS.index("teeth")])
    assert not inside[on_face.numpy()].any()
    assert ict.triangles.max() < len(ict.mean) == 24591, "the transparent shells are left out"


@needs_sample
def test_the_second_load_comes_from_the_cache_and_is_the_same(ict: FaceModel, cache: Path, tmp_path: Path) -> None:
    stored = sorted((cache / "synth2real").glob("*.npz"))
    assert len(stored) == 2
    stamps = [file.stat().st_mtime_ns for file in stored]
    again = load_ict(FOLDER, load("default"))
    assert torch.equal(again.canonical, ict.canonical) and torch.equal(again.identity_basis, ict.identity_basis)
    assert [file.stat().st_mtime_ns for file in stored] == stamps
    stored[0].write_bytes(b"spoilt")
    assert torch.equal(load_ict(FOLDER, load("default")).canonical, ict.canonical), "a spoilt cache is made anew"


@needs_sample
@pytest.mark.skipif(not (SHARED / "ict_facekit.npz").is_file(), reason="the whole model's arrays are not there")
def test_the_arrays_hold_the_same_model_as_the_files(ict: FaceModel) -> None:
    whole = load_ict(SHARED / "ict_facekit.npz", load("default"))
    assert whole.identity_basis.shape[0] == 100 and len(whole.expression_names) == 57
    assert torch.equal(whole.triangles, ict.triangles)
    assert torch.allclose(whole.identity_basis[:3], ict.identity_basis, atol=0.01)  # half precision: 5e-4 cm
    assert torch.equal(whole.face, ict.face)
    smile = whole.expression_names.index("mouthSmileLeft")
    assert torch.allclose(whole.expression_basis[smile], ict.expression_basis[2], atol=0.01)
    assert len(whole.eyeballs) == 2 and not ict.eyeballs, "the sample has no look units"
    gaze = torch.zeros(57)
    gaze[whole.eyeballs[0].out] = 1
    left = whole.eyeballs[0].vertices
    ball = whole.vertices(torch.zeros(100), gaze)[left]
    assert torch.allclose(
        (ball - ball.mean(0)).norm(dim=1), (whole.mean[left] - whole.mean[left].mean(0)).norm(dim=1), atol=1e-3
    )


def test_what_is_not_the_published_folder_is_named(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(UserError, match=r"generic_neutral_mesh.obj"):
        load_ict(tmp_path / "nowhere", load("default"))
    (tmp_path / "generic_neutral_mesh.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    with pytest.raises(UserError, match=r"vertex_indices.json"):
        load_ict(tmp_path, load("default"))
    (tmp_path / "vertex_indices.json").write_text(f'{{"idx_to_landmark_verts": {list(LANDMARKS)}}}')
    with pytest.raises(UserError, match="3 vertices"):
        load_ict(tmp_path, load("default"))
    (tmp_path / "generic_neutral_mesh.obj").write_text("v 0 0 zero\n")
    with pytest.raises(UserError, match="not a readable OBJ"):
        load_ict(tmp_path, load("default"))
    np.savez(tmp_path / "other.npz", neutral=np.zeros((3, 3)))
    with pytest.raises(UserError, match="lacks the arrays"):
        load_ict(tmp_path / "other.npz", load("default"))
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 but no more")
    with pytest.raises(UserError, match="can't be read"):
        load_ict(tmp_path / "broken.npz", load("default"))
