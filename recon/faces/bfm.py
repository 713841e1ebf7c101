"""The Basel Face Model, 2009, 2017, 2019 and 300W-LP's subset, behind the `FaceModel` interface.

Its skin goes over the eyes, it has no teeth, and its head ends at the ears. An expression of it is its components; 2009
alone has none. Action units are told by the default model's, see `units`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from recon.errors import UserError
from recon.faces.bfm_files import BfmArrays, read_bfm
from recon.faces.carry_over import fitted, markup
from recon.faces.found_landmarks import found_landmarks
from recon.faces.model import BROW_MARKS, FaceModel
from recon.faces.texture_space import TextureSpace
from recon.faces.units import units_of


def load_bfm(path: Path, template: FaceModel) -> FaceModel:
    """BFM in mm, moved so that the middle of its landmarks lies where the default model's does; not turned or scaled.

    Args:
        path: the model's file or folder, see `bfm_files`.
        template: the default model, which canonical places, regions and units come from.
    Raises:
        UserError: files are missing, broken or of another model.
    """
    return model_of(read_bfm(path), template)


def model_of(arrays: BfmArrays, template: FaceModel) -> FaceModel:
    """The model of a file's arrays."""
    triangles = outward(arrays.mean, arrays.triangles).astype(np.int32)
    landmarks, ridge = arrays.keypoints, None
    if landmarks is None:
        landmarks, ridge = found_landmarks(arrays.mean, triangles, template)
    marked = landmarks.copy()
    if ridge is not None:
        marked[BROW_MARKS] = ridge
    shift = template.mean[markup(template)].double().numpy().mean(0) - arrays.mean[marked].mean(0)
    mean = arrays.mean + shift
    carried = fitted("bfm", mean, triangles, marked, (), np.ones(len(mean), bool), template)
    names, units = units_of("bfm", carried, arrays.expression, template) if len(arrays.expression) else ([], None)
    return FaceModel(
        name="bfm",
        mean=torch.from_numpy(mean).float(),
        identity_basis=torch.from_numpy(arrays.shape).float(),
        expression_basis=torch.from_numpy(arrays.expression).float(),
        expression_names=tuple(names),
        triangles=torch.from_numpy(triangles),
        uv=torch.from_numpy(carried.uv),
        landmarks=torch.from_numpy(landmarks),
        region=torch.from_numpy(carried.region),
        face=torch.from_numpy(carried.on_face[triangles].all(1)),
        canonical=torch.from_numpy(carried.canonical),
        canonical_box_mm=template.canonical_box_mm,
        expression_units=None if units is None else torch.from_numpy(units),
        brow_ridge=None if ridge is None else torch.from_numpy(ridge),
    )


def outward(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The triangles (f, 3) counter-clockwise from outside; they are stored either way, all alike."""
    depth = vertices[triangles, 2].mean(1)
    front = triangles[depth > np.quantile(depth, 0.8)]  # the foremost face the viewer, along z
    a, b, c = (vertices[front[:, k], :2] for k in range(3))
    seen = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    return triangles if seen.sum() > 0 else np.ascontiguousarray(triangles[:, ::-1])


def bfm_texture(path: Path) -> TextureSpace:
    """The colours of its vertices.

    Raises:
        UserError: as `load_bfm`, or the file has none.
    """
    arrays = read_bfm(path)
    if not len(arrays.colour):
        raise UserError(f"{path} has no colours: give a BFM with texMU or color")
    return TextureSpace(torch.from_numpy(arrays.colour).float(), torch.from_numpy(arrays.colour_modes).float())


def fitted_vertices_px(
    arrays: BfmArrays,
    shape: np.ndarray,
    expression: np.ndarray,
    pose_rad: np.ndarray,
    translation_px: np.ndarray,
    scale: float,
    height: int,
) -> np.ndarray:
    """(n, 3) px: the mesh that 300W-LP fitted to a photo, u right, v down, pixel centres at +0.5, depth to the viewer.

        s R (mu + w alpha + w_exp beta) + t, R = Rx(pitch) Ry(yaw) Rz(roll) (3DDFA; angles turn the frame, not the face)

    Args:
        arrays: of the subset, `read_bfm`. shape: (k,), expression: (e,), pose_rad: (3,) pitch, yaw, roll,
            translation_px: (3,), scale: px for a micrometre, as `recon.photos.aflw2000.FittedPhoto` has them.
        height: of the photo, px.
    """
    identity, active = shape / arrays.shape_sigma[: len(shape)], expression / arrays.expression_sigma[: len(expression)]
    mesh = arrays.mean + np.tensordot(identity, arrays.shape[: len(identity)], 1)
    mesh = mesh + np.tensordot(active, arrays.expression[: len(active)], 1)
    placed = scale * 1000.0 * mesh @ rotation_3ddfa(pose_rad).T + translation_px
    # Rows count upward from 1 in the fit: row y is the pixel whose centre lies at height + 1 - y - 0.5 here.
    return placed * (1, -1, 1) + (-0.5, height + 0.5, 0)


def rotation_3ddfa(pose_rad: np.ndarray) -> np.ndarray:
    """(3, 3) of pitch, yaw and roll as 300W-LP's Pose_Para has them."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(pose_rad), np.cos(pose_rad)
    about_x = np.array([[1, 0, 0], [0, cx, sx], [0, -sx, cx]])
    about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    about_z = np.array([[cz, sz, 0], [-sz, cz, 0], [0, 0, 1]])
    return about_x @ about_y @ about_z
