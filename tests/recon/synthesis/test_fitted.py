from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.faces import load
from recon.faces.symmetry import symmetry_of
from recon.synthesis.config import SourceConfig
from recon.synthesis.fitted import Fitted, write_fitted
from recon.synthesis.placement import Placement, placed
from recon.synthesis.source import open_source
from recon.synthesis.targets import SkinTarget, UvPositionTarget
from recon.synthesis.targets.pixels import vertices_px

SIZE = 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model, place = load("default"), tmp_path_factory.mktemp("fitted")
    rng = np.random.default_rng(0)
    for number in range(2):
        places = model.mean.numpy() * (0.25, -0.25, 0.25) + (30, 34, 5 * number)
        write_fitted(place / f"{number}.npz", rng.integers(0, 255, (SIZE, SIZE, 3), np.uint8), places, model)
    return place


def test_a_fitted_mesh_comes_back_where_it_was(folder: Path) -> None:
    model, source = load("default"), Fitted.at(folder)
    record = source.record(1, ("rgb", "vertices_mm"))
    expected = model.mean.numpy().astype(float) * (0.25, -0.25, 0.25) + (30, 34, 5)
    expected[:, 2] -= expected[model.landmarks[27], 2]
    np.testing.assert_allclose(vertices_px(record), expected, atol=1e-3)
    assert len(source) == 2 and source.record(0, ()).vertices_mm.size == 0


def test_a_moved_photo_has_its_mesh_moved_by_the_same_similarity(folder: Path) -> None:
    record, motion = Fitted.at(folder).record(0, ("rgb", "vertices_mm")), Placement(False, 0.7, 1.2, (0.1, -0.05))
    before, after = vertices_px(record), vertices_px(placed(record, motion, SIZE))
    cosine, sine = np.cos(0.7), np.sin(0.7)
    turn = 1.2 * np.array([[cosine, sine], [-sine, cosine]])
    shift = SIZE * np.array([0.6, 0.45])
    np.testing.assert_allclose(after[:, :2], (before[:, :2] - SIZE / 2) @ turn.T + shift, atol=2e-3)
    np.testing.assert_allclose(after[:, 2], 1.2 * before[:, 2], atol=1e-3)
    mirrored = vertices_px(placed(record, Placement(mirror=True), SIZE, symmetry_of(load("default"))))
    np.testing.assert_allclose(mirrored[:, 0].mean(), SIZE - before[:, 0].mean(), atol=1e-3)


def test_an_experiments_source_of_fitted_photos(folder: Path) -> None:
    source = open_source("photos", SourceConfig(fitted=str(folder)), SIZE, 0, None, 0)
    target = UvPositionTarget(SIZE)
    sample = target(source.record(0, target.fields))
    assert sample["uv_position"].shape == (3, SIZE, SIZE) and torch.isfinite(sample["uv_position"]).all()
    assert source.key() == Fitted.at(folder).key()


def test_what_is_no_source_is_told_in_one_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no fitted photos"):
        Fitted.at(tmp_path)
    with pytest.raises(UserError, match="needs either a scene"):
        open_source("both", SourceConfig(fitted=str(folder), dataset="x"), SIZE, 0, None, 0)
    (tmp_path / "a.npz").write_bytes(b"nothing")
    with pytest.raises(UserError, match="is no fitted photo"):
        Fitted.at(tmp_path).record(0, ("rgb",))
    with pytest.raises(ValueError, match="are not the places"):
        write_fitted(tmp_path / "b.npz", np.zeros((8, 8, 3), np.uint8), np.zeros((5, 3)), load("default"))


def test_a_fitted_mesh_tells_landmarks_mask_and_regions(folder: Path) -> None:
    """Where it is seen: skin between the brows, an eye where the eye's landmarks are, nothing beyond the head."""
    model, target = load("default"), SkinTarget(SIZE)
    record = Fitted.at(folder).record(0, target.fields)
    marks = model.mean.numpy()[model.landmarks.numpy(), :2] * (0.25, -0.25) + (30, 34)
    np.testing.assert_allclose(record.landmarks_px, marks, atol=1e-3)
    seen = target(record)["mask"][0].numpy() > 0
    brow, eye = ((marks[places].mean(0)).astype(int) for places in ([21, 22], slice(36, 42)))
    assert seen[brow[1] - 2, brow[0]] and not seen[eye[1], eye[0]] and record.mask[eye[1], eye[0]]
    assert not record.mask[:, :5].any() and not record.region[:4, :4].any()
    assert Fitted.at(folder).people().tolist() == [0, 1]
