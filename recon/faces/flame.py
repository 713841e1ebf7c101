"""FLAME 2020 and 2023 (Li et al. 2017) behind the `FaceModel` interface.

    V = W(T(beta, psi, theta), J(beta, psi), theta),  T = mean + S beta + E psi + P (R(theta) - I)

An expression of it is its components psi, then the jaw's axis-angle in radians, as DECA counts them, then the eight
look units, which turn the eye joints. Action units such as jawOpen are told by the default model's, see `units`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from recon.errors import UserError
from recon.faces.articulation import JAW, LEFT_EYE, RIGHT_EYE, Articulation, rotation_matrices
from recon.faces.carry_over import CarriedOver, fitted
from recon.faces.flame_files import Arrays, model_file, read_landmarks, read_model
from recon.faces.model import LOOKS, REGIONS, Eyeball, FaceModel
from recon.faces.surface_landmarks import SurfaceLandmarks
from recon.faces.texture_space import TextureSpace, read_flame_texture
from recon.faces.units import units_of

MM_PER_M = 1000.0
EXPRESSION_SHARE = 4  # of 400 modes the last quarter are expressions
TEXTURES = "FLAME_texture.npz"
SMALL_RAD = 0.05  # the angle that tells how a jaw that turns moves the face
LOOK_NAMES = tuple(f"eyeLook{way}{side}" for side in ("Left", "Right") for way in LOOKS)


def load_flame(path: Path, template: FaceModel) -> FaceModel:
    """FLAME in mm, its origin midway between the eyeballs; it is neither turned nor scaled.

    Args:
        path: the model's file, or the folder of it; its landmarks lie beside it.
        template: the default model, which canonical places, regions and units come from.
    Raises:
        UserError: files are missing, broken or of another model.
    """
    file = model_file(path)
    arrays = read_model(file)
    marks = read_landmarks(file.parent, arrays["f"])
    mean = arrays["v_template"].astype(np.float64) * MM_PER_M
    balls = _eyeballs(file, arrays["weights"], mean)
    origin = np.mean([(mean[ids].max(0) + mean[ids].min(0)) / 2 for ids in balls], 0)
    mean -= origin
    landmarks = marks["corners"][np.arange(68), marks["barycentric"].argmax(1)]
    triangles = arrays["f"].astype(np.int32)
    skin = np.ones(len(mean), bool)
    skin[np.concatenate(balls)] = False
    by_x = tuple(sorted(balls, key=lambda ids: mean[ids, 0].mean()))
    carried = fitted("flame", mean, triangles, landmarks, by_x, skin, template)
    region = carried.region.copy()
    region[~skin] = REGIONS.index("eyes")

    modes = np.moveaxis(arrays["shapedirs"], 2, 0).astype(np.float32) * np.float32(MM_PER_M)
    split = len(modes) - len(modes) // EXPRESSION_SHARE
    joints = _joints(arrays, origin, len(modes) - split)
    names, units = _units(carried, modes[split:], mean, joints, template)
    still = np.zeros((3 + len(LOOK_NAMES), *mean.shape), np.float32)
    return FaceModel(
        name="flame",
        mean=torch.from_numpy(mean).float(),
        identity_basis=torch.from_numpy(modes[:split].copy()),
        expression_basis=torch.from_numpy(np.concatenate([modes[split:], still])),
        expression_names=names,
        triangles=torch.from_numpy(triangles),
        uv=torch.from_numpy(carried.uv),
        landmarks=torch.from_numpy(landmarks),
        region=torch.from_numpy(region),
        face=torch.from_numpy(carried.on_face[triangles].all(1)),
        canonical=torch.from_numpy(carried.canonical),
        canonical_box_mm=template.canonical_box_mm,
        eyeballs=_turning(balls, mean, len(modes) - split + 3),
        expression_units=torch.from_numpy(units),
        articulation=joints,
        surface_landmarks=_surface_landmarks(marks),
    )


def _eyeballs(file: Path, weights: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertex ids that the two eye joints turn, the left joint's first."""
    left, right = (np.flatnonzero(weights[:, joint] > 0.5) for joint in (LEFT_EYE, RIGHT_EYE))
    if min(len(left), len(right)) < 4 or mean[left, 0].mean() <= mean[right, 0].mean():
        raise UserError(f"{file} has no eyeballs that its last two joints turn, left and right: give a FLAME model")
    return left, right


def _joints(arrays: Arrays, origin: np.ndarray, expressions: int) -> Articulation:
    regressor = arrays["J_regressor"].astype(np.float64)
    turned_by = torch.zeros(expressions + 3 + len(LOOK_NAMES), 5, 3)
    turned_by[expressions : expressions + 3, JAW] = torch.eye(3)
    # J (V + origin) - origin: the rows of a regressor need not sum to exactly one.
    offset = (regressor.sum(1, keepdims=True) - 1) * origin
    return Articulation(
        regressor=torch.from_numpy(regressor).float(),
        offset_mm=torch.from_numpy(offset).float(),
        weights=torch.from_numpy(arrays["weights"].astype(np.float32)),
        correctives=torch.from_numpy(np.moveaxis(arrays["posedirs"], 2, 0).astype(np.float32) * np.float32(MM_PER_M)),
        turned_by=turned_by,
    )


def _units(
    carried: CarriedOver, expressions: np.ndarray, mean: np.ndarray, joints: Articulation, template: FaceModel
) -> tuple[tuple[str, ...], np.ndarray]:
    """The names of the units and the coefficients (u, e + 11) of each; the look units are coefficients themselves."""
    rest = torch.from_numpy(mean).float()
    turns = torch.zeros(3, 5, 3)
    turns[:, JAW] = SMALL_RAD * torch.eye(3)
    jaw = (joints.posed(rest.expand(3, -1, -1), rotation_matrices(turns)) - rest) / SMALL_RAD
    names, units = units_of("flame", carried, np.concatenate([expressions, jaw.numpy()]), template)
    looks = np.eye(len(LOOK_NAMES), dtype=np.float32)
    width = len(expressions) + 3
    whole = np.zeros((len(names) + len(looks), width + len(looks)), np.float32)
    whole[: len(names), :width], whole[len(names) :, width:] = units, looks
    return (*names, *LOOK_NAMES), whole


def _turning(balls: tuple[np.ndarray, np.ndarray], mean: np.ndarray, first: int) -> tuple[Eyeball, ...]:
    """The eyeballs; first: place of the first look unit among an expression's coefficients."""
    columns = [""] * first + list(LOOK_NAMES)
    left = Eyeball.named(torch.from_numpy(balls[0]), "Left", columns, LEFT_EYE)
    right = Eyeball.named(torch.from_numpy(balls[1]), "Right", columns, RIGHT_EYE)
    return tuple(eye for eye in (left, right) if eye is not None)


def _surface_landmarks(marks: Arrays) -> SurfaceLandmarks:
    def weights(name: str) -> torch.Tensor:
        return torch.from_numpy(marks[name].astype(np.float32))

    fixed = torch.from_numpy(marks["corners"]), weights("barycentric")
    if "outline" not in marks:
        return SurfaceLandmarks(*fixed)
    return SurfaceLandmarks(*fixed, torch.from_numpy(marks["outline"]), weights("outline_barycentric"))


def flame_texture(path: Path) -> TextureSpace:
    """The textures `FLAME_texture.npz` beside the model, or at the path itself.

    Raises:
        UserError: as `read_flame_texture`.
    """
    return read_flame_texture(path if path.name == TEXTURES else model_file(path).parent / TEXTURES)
