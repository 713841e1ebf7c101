"""The files of FLAME (Li et al. 2017) as they are published: 2020's and 2023's model, its landmarks, its textures.

The model: a pickle of Python 2 with chumpy inside (`generic_model.pkl`, `flame2023.pkl`), or its arrays as `.npz`.
The landmarks: `landmark_embedding.npy` or `.npz` as DECA has it (full_, static_ and dynamic_lmk_faces_idx and
_bary_coords), or the two files `flame_static_embedding.pkl` and `flame_dynamic_embedding.npy` (lmk_face_idx,
lmk_b_coords). The textures: `FLAME_texture.npz` (mean, tex_dir, vt, ft).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from recon.errors import UserError
from recon.faces.unpickling import Unfit, read_contents

MODELS = ("generic_model.pkl", "flame2023.pkl", "FLAME2023.pkl", "flame2020.pkl", "generic_model.npz", "flame2023.npz")
EMBEDDINGS = ("landmark_embedding.npy", "landmark_embedding.npz")
STATIC, DYNAMIC = ("flame_static_embedding.pkl", "flame_static_embedding.npz"), ("flame_dynamic_embedding.npy",)
MODEL_ARRAYS = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f")
JOINTS, PARENTS = 5, (-1, 0, 1, 1, 1)
DYNAMIC_ROWS, OUTLINE = 79, 17  # whole degrees of yaw, points of the jaw's outline

Arrays = dict[str, np.ndarray]


def model_file(path: Path) -> Path:
    """The model's own file, for the path of it or of its folder."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise UserError(f"there is no {path}: give FLAME's file or its folder")
    return _first(path, MODELS, "no FLAME model")


def read_model(file: Path) -> Arrays:
    """v_template (n, 3) m, shapedirs (n, 3, k), posedirs (n, 3, 36), J_regressor (5, n), weights (n, 5), f (t, 3).

    Raises:
        UserError: the file is broken, is no FLAME, or its arrays disagree.
    """
    content = _read(file, "FLAME model")
    arrays = {name: _array(file, content, name) for name in MODEL_ARRAYS}
    n, joints = len(arrays["v_template"]), arrays["weights"].shape[-1]
    tree = arrays["kintree_table"]
    if joints != JOINTS or tree.shape != (2, JOINTS) or tuple(tree[0, 1:].astype(np.int64)) != PARENTS[1:]:
        raise UserError(f"{file} has {joints} joints, or another tree of them than FLAME's: give a FLAME model")
    modes = arrays["shapedirs"].shape[-1]
    shapes = {
        "v_template": (n, 3),
        "shapedirs": (n, 3, modes),
        "posedirs": (n, 3, 9 * (JOINTS - 1)),
        "J_regressor": (JOINTS, n),
        "weights": (n, JOINTS),
        "f": (len(arrays["f"]), 3),
    }
    for name, shape in shapes.items():
        if arrays[name].shape != shape or not np.isfinite(arrays[name]).all():
            raise UserError(f"{file} has {name} of {arrays[name].shape}, not {shape} numbers: download FLAME again")
    if not modes or modes % 4:
        raise UserError(f"{file} has {modes} modes, FLAME three of shape for each of expression: give the whole model")
    if arrays["f"].min(initial=0) < 0 or arrays["f"].max(initial=0) >= n:
        raise UserError(f"{file} has triangles beyond its {n} vertices: download FLAME again")
    return arrays


def read_landmarks(folder: Path, triangles: np.ndarray) -> Arrays:
    """corners (68, 3) int64 and barycentric (68, 3); of the outline by yaw (79, 17, 3) each, where the files have it.

    Raises:
        UserError: there are no such files, or they are of another mesh.
    """
    if any((folder / name).is_file() for name in EMBEDDINGS):
        file = _first(folder, EMBEDDINGS, "")
        content = _read(file, "landmark embedding")
        tables = {part: (f"{part}_lmk_faces_idx", f"{part}_lmk_bary_coords") for part in ("full", "static", "dynamic")}
        found = {
            p: _table(file, content, names, triangles) for p, names in tables.items() if set(names) <= set(content)
        }
    else:
        names = ("lmk_face_idx", "lmk_b_coords")
        found = {}
        for part, files in (("static", STATIC), ("dynamic", DYNAMIC)):
            file = _first(folder, files, f"no {EMBEDDINGS[0]}, FLAME's 68 landmarks, and")
            found[part] = _table(file, _read(file, "landmark embedding"), names, triangles)
    dynamic = found.get("dynamic")
    if dynamic is not None and dynamic[0].shape != (DYNAMIC_ROWS, OUTLINE, 3):
        raise UserError(f"{file} has an outline of {dynamic[0].shape[:2]} points, FLAME's (79, 17): download it again")
    if "full" not in found and dynamic is not None and "static" in found:  # at rest the outline is that of yaw 0
        faces, weights = found["static"]
        found["full"] = np.concatenate([dynamic[0][0], faces]), np.concatenate([dynamic[1][0], weights])
    if "full" not in found or found["full"][0].reshape(-1, 3).shape != (68, 3):
        raise UserError(f"{file} doesn't hold 68 landmarks: give DECA's landmark_embedding.npy or FLAME's two files")
    corners, barycentric = (part.reshape(68, 3) for part in found["full"])
    arrays = {"corners": corners, "barycentric": barycentric}
    return arrays if dynamic is None else {**arrays, "outline": dynamic[0], "outline_barycentric": dynamic[1]}


def _table(file: Path, content: Any, names: tuple[str, str], triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertex ids (..., 3) of the named triangles, and barycentric coordinates (..., 3)."""
    faces, weights = (_array(file, content, name) for name in names)
    if weights.shape != (*faces.shape, 3) or faces.min(initial=0) < 0 or faces.max(initial=0) >= len(triangles):
        raise UserError(
            f"{file} has landmarks of another mesh than {len(triangles)} triangles: take those of this FLAME"
        )
    return triangles[faces.astype(np.int64)].astype(np.int64), weights.astype(np.float64)


def _read(file: Path, what: str) -> dict[str, Any]:
    try:
        content = read_contents(file)
    except (Unfit, OSError) as error:
        raise UserError(f"{file} can't be read as a {what} ({error}): download it again") from None
    if not isinstance(content, dict):
        raise UserError(f"{file} holds no named arrays: give FLAME's own {what}")
    return content


def _array(file: Path, content: dict[str, Any], name: str) -> np.ndarray:
    """A named array of numbers, dense."""
    value = content.get(name)
    try:
        array = value.toarray() if value is not None and sparse.issparse(value) else np.asarray(value)
        if array.dtype == object and value is not None:
            array = np.array(array.tolist(), np.float64)
    except (ValueError, TypeError, OverflowError, RecursionError):
        array = None
    if array is None or array.dtype.kind not in "fiu":
        raise UserError(f"{file} has no array {name}: give FLAME's file as it is published")
    return array


def _first(folder: Path, names: tuple[str, ...], lacking: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise UserError(f"{folder} has {lacking} ({' or '.join(names[:2])}): put FLAME's files there")
