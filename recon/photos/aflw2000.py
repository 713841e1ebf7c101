"""Photos with a fitted 3D face model: AFLW2000-3D and 300W-LP (Zhu et al. 2016), each `.jpg` beside a `.mat`.

AFLW2000-3D is one folder; 300W-LP has AFW, HELEN, IBUG and LFPW and their mirrored twins. Points stand in MATLAB's
pixels, whose first centre is 1: half a pixel is taken off, so that it is 0.5 as everywhere here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recon.errors import UserError
from recon.matlab import read_mat

SHAPES, EXPRESSIONS = 199, 29  # coefficients of the Basel face model and of FaceWarehouse's expressions
FIRST_CENTRE = 0.5  # MATLAB's less ours
OTHER_FOLDERS = ("landmarks", "Code")  # of 300W-LP, without photos of their own


@dataclass(frozen=True)
class FittedPhoto:
    """One photo and the face model that was fitted to it.

    Attributes:
        photo: the image file.
        points: (68, 3) float64, Multi-PIE order: pixels right and down, centres at +0.5, and depth toward the viewer in
            pixels, known up to a shift; hidden points too. Depth is NaN in 300W-LP, whose points are 2D.
        pose_rad: (3,) pitch, yaw and roll as stored. translation_px: (3,), scale: pixels for a unit of the model.
        shape: (199,) and expression: (29,) float64, coefficients of the model.
    """

    photo: Path
    points: np.ndarray
    pose_rad: np.ndarray
    translation_px: np.ndarray
    scale: float
    shape: np.ndarray
    expression: np.ndarray

    @property
    def yaw_deg(self) -> float:
        """As stored, signed."""
        return float(np.degrees(self.pose_rad[1]))


def load_fitted(folder: Path) -> list[FittedPhoto]:
    """Every photo of AFLW2000-3D's or 300W-LP's folder with its `.mat`, sorted.

    Raises:
        UserError: the folder holds no such pair, or a `.mat` lacks something.
    """
    return [read_fitted(photo) for photo in fitted_photos(folder)]


def fitted_photos(folder: Path) -> list[Path]:
    """The `.jpg` files at any depth of `folder` that have a `.mat` of the same name beside them, sorted."""
    found = [
        file
        for file in sorted(folder.rglob("*.jpg"))
        if file.with_suffix(".mat").is_file() and not set(file.relative_to(folder).parts) & set(OTHER_FOLDERS)
    ]
    if not found:
        raise UserError(f"{folder} holds no .jpg with a .mat of the same name beside it: give AFLW2000-3D or 300W-LP")
    return found


def read_fitted(photo: Path) -> FittedPhoto:
    """One photo's `.mat`: pt3d_68 (3, 68) or, in 300W-LP, pt2d (2, 68); Pose_Para (1, 7); Shape_Para; Exp_Para."""
    file = photo.with_suffix(".mat")
    try:
        content = read_mat(file)
    except (OSError, ValueError) as error:
        raise UserError(f"{file} can't be read as a MATLAB file ({error}): download it again") from None
    if "pt3d_68" in content:
        points = _array(content, "pt3d_68", (3, 68), file).T
    else:
        points = np.column_stack([_array(content, "pt2d", (2, 68), file).T, np.full(68, np.nan)])
    pose = _array(content, "Pose_Para", (1, 7), file)[0]
    return FittedPhoto(
        photo=photo,
        points=points - (FIRST_CENTRE, FIRST_CENTRE, 0),
        pose_rad=pose[:3],
        translation_px=pose[3:6],
        scale=float(pose[6]),
        shape=_array(content, "Shape_Para", (SHAPES, 1), file)[:, 0],
        expression=_array(content, "Exp_Para", (EXPRESSIONS, 1), file)[:, 0],
    )


def balanced_by_yaw(yaws_deg: Sequence[float], edges_deg: Sequence[float], each: int, seed: int) -> np.ndarray:
    """Which photos to take, sorted (m,), so that every range of |yaw| holds `each` of them, drawn by `seed`.

    edges_deg: upper ends of the ranges, rising; a range takes in its upper end. A range with fewer gives all it has.
    """
    group = np.searchsorted(edges_deg, np.abs(np.asarray(yaws_deg, np.float64)))
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(np.flatnonzero(group == k))[:each] for k in range(len(edges_deg))]
    return np.sort(np.concatenate(chosen))


def _array(content: dict, name: str, shape: tuple[int, int], file: Path) -> np.ndarray:
    if name not in content:
        raise UserError(f"{file} lacks {name}: give AFLW2000-3D or 300W-LP as it is published")
    array = np.asarray(content[name], np.float64)
    if array.shape != shape or not np.isfinite(array).all():
        raise UserError(
            f"{file} has {name} of {array.shape}, not {shape} numbers: give AFLW2000-3D or 300W-LP as published"
        )
    return array
