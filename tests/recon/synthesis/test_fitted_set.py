"""A small tree laid out as 300W-LP is, its faces made of a small Basel model, and what can be wrong with one."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from scipy.io import savemat

from recon.errors import UserError
from recon.faces import load
from recon.faces.bfm import rotation_3ddfa
from recon.geometry.similarity import fit_similarity
from recon.methods.base import Reconstructor
from recon.photos.framing import EYE_SHARE
from recon.synthesis.config import SourceConfig
from recon.synthesis.fitted_set import FittedSet
from recon.synthesis.source import Source, open_source
from recon.synthesis.targets import UvPositionTarget, VolumeTarget
from recon.synthesis.targets.pixels import vertices_px
from recon.train.experiment import read_experiment
from recon.train.run import train
from tests.recon.faces.published import IDENTITIES, bfm_arrays

SIZE, PHOTO = 64, (150, 120)  # px; width, height
POSES = {"AFW/AFW_1_0": 0.1, "AFW/AFW_1_1": -0.7, "AFW_Flip/AFW_1_0": -0.1, "HELEN/HELEN_2_0": 0.5}
SCALE, MIDDLE = 4e-4, (70.0, 55.0, -20.0)  # px for a micrometre, px in MATLAB's rows counted upward


def write_bfm(folder: Path, shapes: int = 199, expressions: int = 29, larger: float = 1.0) -> Path:
    """300W-LP's subset with as many modes as it has; those beyond the small model's are 0."""
    a = bfm_arrays()
    n = 3 * len(a["mean"])
    w, w_exp = np.zeros((n, shapes), np.float32), np.zeros((n, expressions), np.float32)
    w[:, :IDENTITIES], w_exp[:, :3] = a["shape"][:, :shapes], a["expression"]
    sigma, spread = np.ones((shapes, 1)), np.ones((expressions, 1))
    folder.mkdir(parents=True, exist_ok=True)
    whole = {"mu_shape": 1000 * larger * a["mean"].reshape(-1, 1), "w": w, "sigma": sigma}
    marks = {"tri": a["triangles"].T + 1, "keypoints": a["landmarks"][None] + 1}
    savemat(folder / "Model_Shape.mat", {**whole, **marks})
    savemat(folder / "Model_Exp.mat", {"mu_exp": np.zeros((n, 1)), "w_exp": w_exp, "sigma_exp": spread})
    return folder


def coefficients(name: str) -> np.ndarray:
    """(199,) micrometres for a unit mode: a person for each name."""
    found = np.zeros(199)
    found[:IDENTITIES] = np.random.default_rng(len(name)).normal(0, 1000, IDENTITIES) * np.arange(1, IDENTITIES + 1)
    return found


def in_matlab(mm: np.ndarray, yaw: float) -> np.ndarray:
    """(n, 3) mm of the small model's frame -> where 300W-LP's equation puts them, rows counted upward from 1."""
    return SCALE * 1000 * mm @ rotation_3ddfa(np.array([0.05, yaw, 0.1])).T + MIDDLE


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        root = tmp_path_factory.mktemp("sets") / "300W_LP"
        write_bfm(root / "bfm")
        a = bfm_arrays()
        for number, (name, yaw) in enumerate(POSES.items()):
            photo = root / f"{name}.jpg"
            photo.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.random.default_rng(number).integers(0, 255, (*PHOTO[::-1], 3), np.uint8)
            Image.fromarray(pixels).save(photo)
            shape = coefficients(name)
            mesh = a["mean"] + (a["shape"] @ shape[:IDENTITIES] / 1000).reshape(-1, 3)
            points = in_matlab(mesh[a["landmarks"]], yaw)
            content = {
                "pt2d": np.stack([points[:, 0], PHOTO[1] + 1 - points[:, 1]]),
                "Pose_Para": np.array([[0.05, yaw, 0.1, *MIDDLE, SCALE]]),
                "Shape_Para": shape[:, None],
                "Exp_Para": np.zeros((29, 1)),
            }
            savemat(photo.with_suffix(".mat"), content)
        (root / "Code").mkdir()
        Image.new("RGB", (20, 20)).save(root / "Code/figure.jpg")
        yield root


@pytest.fixture(scope="module")
def source(tree: Path) -> Source:
    return open_source("photos", SourceConfig(fitted=str(tree), bfm=str(tree / "bfm")), SIZE, 0, None, 0)


def test_the_default_model_lies_on_the_fitted_mesh(tree: Path, source: Source) -> None:
    """The small model is made of the default one's, so the default's own shape is known: on the face to half a
    millimetre, and where the small model has nothing no stranger than a head is."""
    model = load("default")
    face = np.unique(model.triangles.numpy()[model.face.numpy()])
    for number, name in enumerate(sorted(POSES, key=lambda one: Path(one))):
        identity = torch.from_numpy(coefficients(name)[:IDENTITIES] / 1000 / np.arange(1, IDENTITIES + 1)).float()
        mm = model.mean + torch.tensordot(identity, model.identity_basis[:IDENTITIES], 1)
        true = in_matlab(mm.double().numpy() + (3, -20, 60), POSES[name])
        record = source.record(number, ("rgb", "vertices_mm", "landmarks_px"))
        found = vertices_px(record)
        marks = model.landmarks.numpy()
        if abs(POSES[name]) < 0.2:
            left, right = (found[marks[eye], :2].mean(0) for eye in (slice(36, 42), slice(42, 48)))
            assert np.linalg.norm(right - left) == pytest.approx(EYE_SHARE * SIZE, rel=0.02)
        off = off_mm(found * (1, -1, 1), true, marks)
        assert np.median(off[face]) < 0.5 and np.percentile(off[face], 99) < 5
        assert np.percentile(off, 99) < 25, "shoulders, which the small model has not"
        assert record.rgb.shape == (SIZE, SIZE, 3)
        np.testing.assert_allclose(record.landmarks_px, found[marks, :2], atol=1e-3)


def off_mm(found: np.ndarray, true: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """(n,) how far each vertex lies from its true place, the crop undone by the landmarks."""
    back = fit_similarity(found[marks], true[marks])
    return np.linalg.norm(back(found) - true, axis=1) / (1000 * SCALE)


def test_prnet_and_vrn_learn_from_it(source: Source) -> None:
    for target in (UvPositionTarget(SIZE), VolumeTarget(SIZE, 32, 2.0, coarser=2)):
        sample = target(source.record(1, target.fields))
        assert all(torch.isfinite(value.float()).all() for value in sample.values())
    assert 0.1 < sample["volume"].float().mean() < 0.8


def test_a_training_learns_from_it(tree: Path, tmp_path: Path) -> None:
    """Turned and mirrored, its arrays kept in the run's cache."""
    photos = {"fitted": str(tree), "bfm": str(tree / "bfm")}
    network = {"size": SIZE, "widths": [8, 16, 16, 32, 32, 32], "unshuffle": 2, "norm": "group", "decoder": "bilinear"}
    values = {
        "method": "prnet",
        "network": network,
        "sources": {"photos": photos},
        "held_out": photos,
        "placement": {"mirror": 0.5, "rotation_deg": 45},
        "batch_size": 2,
        "stages": [{"steps": 2, "learning_rate": 0.001, "warmup": 1}],
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(values))
    weights = train(read_experiment(tmp_path / "tiny.yaml"), tmp_path / "run", tmp_path / "cache")
    card = Reconstructor.from_pretrained(weights).card
    assert np.isfinite(list(card["held_out"].values())).all() and len(list(tmp_path.rglob("*.npz"))) == len(POSES)


def test_arrays_are_kept_exactly_and_travel(tree: Path, source: Source, tmp_path: Path) -> None:
    kept = open_source("photos", SourceConfig(fitted=str(tree), bfm=str(tree / "bfm")), SIZE, 0, tmp_path, 0)
    names = ("rgb", "vertices_mm", "landmarks_px")
    first, again = kept.record(2, names), pickle.loads(pickle.dumps(kept)).record(2, names)
    for name in names:
        assert np.array_equal(getattr(first, name), getattr(again, name))
        assert np.array_equal(getattr(first, name), getattr(source.record(2, names), name))
    assert [file.suffix for file in tmp_path.rglob("*") if file.is_file()] == [".npz"] and kept.key() == source.key()
    assert source.people().tolist() == [0, 0, 0, 1]  # AFW_1_0, AFW_1_1 and the mirrored one; HELEN_2_0


def test_a_broken_tree_is_one_sentence(tree: Path, tmp_path: Path) -> None:
    broken, bfm = tmp_path / "set", tree / "bfm"
    shutil.copytree(tree, broken)
    other = write_bfm(tmp_path / "short", shapes=40)
    with pytest.raises(UserError, match="has 40 modes of shape and 29 of expression"):
        FittedSet.at(tree, other, SIZE)
    with pytest.raises(UserError, match=r"% of its size away from its points: give the model"):
        FittedSet.at(tree, write_bfm(tmp_path / "large", larger=3.0), SIZE)
    with pytest.raises(UserError, match=r"sources\.x\.bfm goes with \.fitted"):
        open_source("x", SourceConfig(dataset="faces", bfm="bfm"), SIZE, 0, None, 0)
    (broken / "HELEN/HELEN_2_0.jpg").write_bytes(b"no photo")
    with pytest.raises(UserError, match=r"HELEN_2_0\.jpg can't be used"):
        FittedSet.at(broken, bfm, SIZE).record(3, ("rgb",))
    (broken / "HELEN/HELEN_2_0.mat").unlink()
    with pytest.raises(UserError, match=r"HELEN_2_0\.jpg has no HELEN_2_0\.mat beside it"):
        FittedSet.at(broken, bfm, SIZE)
    (broken / "AFW/AFW_1_0.mat").write_bytes(b"MATLAB 5.0")
    (broken / "HELEN/HELEN_2_0.jpg").unlink()
    with pytest.raises(UserError, match=r"AFW_1_0\.mat can't be read"):
        FittedSet.at(broken, bfm, SIZE)
    with pytest.raises(UserError, match=r"holds no \.jpg with a \.mat"):
        FittedSet.at(tmp_path / "short", bfm, SIZE)
