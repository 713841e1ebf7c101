from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from recon.errors import UserError
from recon.photos.aflw2000 import balanced_by_yaw, load_fitted, read_fitted


def write_fitted(photo: Path, points: np.ndarray, yaw: float = 0.0, **changed: np.ndarray) -> None:
    """A photo and its .mat as AFLW2000-3D has them; points (68, 3) in our pixels."""
    photo.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (450, 450)).save(photo)
    content = {
        "pt3d_68": (points + (0.5, 0.5, 0)).T,
        "Pose_Para": np.array([[0.1, yaw, 0.2, 10.0, 20.0, 30.0, 0.001]]),
        "Shape_Para": np.zeros((199, 1)),
        "Exp_Para": np.zeros((29, 1)),
        **changed,
    }
    savemat(photo.with_suffix(".mat"), {name: value for name, value in content.items() if value is not None})


def test_points_pose_and_coefficients_are_read(tmp_path: Path) -> None:
    points = np.random.default_rng(0).uniform(0, 450, (68, 3))
    shape = np.arange(199.0)[:, None]
    write_fitted(tmp_path / "image00004.jpg", points, yaw=-0.5, Shape_Para=shape)
    write_fitted(tmp_path / "image00002.jpg", points + 1)
    first, second = load_fitted(tmp_path)
    assert (first.photo.name, second.photo.name) == ("image00002.jpg", "image00004.jpg")
    np.testing.assert_allclose(second.points, points, atol=1e-9)
    assert second.yaw_deg == pytest.approx(np.degrees(-0.5)) and second.scale == 0.001
    assert np.array_equal(second.shape, shape[:, 0]) and second.translation_px.tolist() == [10, 20, 30]


def test_300w_lp_has_flat_points_in_folders(tmp_path: Path) -> None:
    flat = np.random.default_rng(0).uniform(0, 450, (2, 68))
    write_fitted(tmp_path / "AFW/AFW_1_0.jpg", np.zeros((68, 3)), pt3d_68=None, pt2d=flat)  # type: ignore[arg-type]
    write_fitted(tmp_path / "landmarks/AFW/AFW_1_0.jpg", np.zeros((68, 3)))
    (one,) = load_fitted(tmp_path)
    np.testing.assert_allclose(one.points[:, :2], flat.T - 0.5)
    assert np.isnan(one.points[:, 2]).all()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"Pose_Para": None}, "lacks Pose_Para"),
        ({"pt3d_68": None}, "lacks pt2d"),
        ({"pt3d_68": None, "pt2d": np.zeros((2, 21))}, r"has pt2d of \(2, 21\)"),
    ],
)
def test_what_a_file_lacks_is_named(tmp_path: Path, changed: dict, said: str) -> None:
    write_fitted(tmp_path / "a.jpg", np.zeros((68, 3)), **changed)
    with pytest.raises(UserError, match=said):
        read_fitted(tmp_path / "a.jpg")


def test_folders_and_files_that_are_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no \.jpg with a \.mat"):
        load_fitted(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "a.mat").write_bytes(b"not MATLAB's")
    with pytest.raises(UserError, match="can't be read as a MATLAB file"):
        load_fitted(tmp_path)


def test_a_balanced_choice_has_as_many_of_each_range() -> None:
    yaws = [5, -10, 30, 30.1, -45, 59, 61, -90, 2, 3, 95]
    chosen = balanced_by_yaw(yaws, (30, 60, 90), 2, seed=0)
    size = np.abs(np.array(yaws)[chosen])
    assert [(size <= 30).sum(), ((size > 30) & (size <= 60)).sum(), (size > 60).sum()] == [2, 2, 2]
    assert size.max() <= 90 and np.array_equal(chosen, balanced_by_yaw(yaws, (30, 60, 90), 2, seed=0))
