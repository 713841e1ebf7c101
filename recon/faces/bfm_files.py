"""The files of the Basel Face Model as they are published, all brought to one form: `BfmArrays`.

- 2009 (Paysan et al.): `01_MorphableModel.mat` with shapeMU, shapePC, shapeEV, texMU, texPC, texEV, tl; micrometres.
- 2017 and 2019 (Gerig et al.): HDF5, `shape`, `color` and `expression`, each model/mean, pcaBasis, pcaVariance, and
  shape/representer/cells; millimetres. Reading it needs h5py.
- 300W-LP's subset (Zhu et al. 2016): `Model_Shape.mat` (mu_shape, w, sigma, tri, keypoints, or trimIndex beside
  `01_MorphableModel.mat`) with `Model_Exp.mat` or `Model_Expression.mat` (mu_exp, w_exp, sigma_exp); micrometres.

Of these the subset alone has the 68 landmarks. For the others a text file `landmarks.txt` beside the model can tell
them, 68 vertex ids counted from 0 in Multi-PIE order; without it they are found by a fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from recon.arrays import MOST_TIMES, SMALL_BYTES
from recon.errors import UserError
from recon.matlab import read_mat
from recon.texts import read_text

MM_PER_UM = 1e-3
WHOLE, SUBSET = "01_MorphableModel.mat", "Model_Shape.mat"
EXPRESSIONS = ("Model_Exp.mat", "Model_Expression.mat")
LANDMARKS = "landmarks.txt"
PUBLISHED = "give BFM's file as it is published"

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class BfmArrays:
    """A model of n vertices in the file's own frame, y up and z forward.

    Attributes:
        mean: (n, 3) mm, with the mean expression. shape: (k, n, 3) mm for one standard deviation, shape_sigma (k,)
            their scale in the file. expression: (e, n, 3) mm for one standard deviation and expression_sigma (e,).
        colour: (n, 3) sRGB in [0, 1], and colour_modes (t, n, 3); both empty where the file has none.
        triangles: (f, 3) int64, as stored. keypoints: (68,) int64 Multi-PIE order, where the file has them.
    """

    mean: np.ndarray
    shape: np.ndarray
    shape_sigma: np.ndarray
    expression: np.ndarray
    expression_sigma: np.ndarray
    colour: np.ndarray
    colour_modes: np.ndarray
    triangles: np.ndarray
    keypoints: np.ndarray | None = None


def read_bfm(path: Path) -> BfmArrays:
    """The model of a file, or of a folder: 300W-LP's subset where it is there, else the one BFM.

    Raises:
        UserError: there is none, it is broken or of another kind.
    """
    file = _file(path)
    if file.suffix in (".h5", ".hdf5"):
        return _told_landmarks(file, from_hdf5(file, _read_hdf5(file)))
    content = _read_mat(file)
    if "shapeMU" in content:
        return _told_landmarks(file, _from_2009(file, content))
    if "keypoints" in content or "mu_shape" in content:
        return _from_300w_lp(file, content)
    raise UserError(f"{file} has neither shapeMU nor mu_shape, so it is no BFM: {PUBLISHED}")


def from_hdf5(file: Path, content: Arrays) -> BfmArrays:
    """The arrays of 2017's or 2019's file by their paths in it."""

    def needed(name: str) -> np.ndarray:
        if name not in content:
            raise UserError(f"{file} lacks {name}: {PUBLISHED}")
        return content[name]

    def part(name: str, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        found = [needed(f"{name}/model/{one}") for one in ("mean", "pcaBasis", "pcaVariance")]
        sigma = np.sqrt(np.maximum(found[2].ravel().astype(np.float64), 0))
        return _modes(file, name, found[0], found[1], sigma, scale)

    mean, shape, sigma = part("shape", 1.0)
    triangles = needed("shape/representer/cells")
    triangles = triangles.T if triangles.shape[:1] == (3,) else triangles
    expression, spread = np.zeros((0, *mean.shape)), np.zeros(0)
    if "expression/model/mean" in content:
        shift, expression, spread = part("expression", 1.0)
        mean = mean + shift
    colour, colour_modes = np.zeros((0, 3)), np.zeros((0, 0, 3))
    if "color/model/mean" in content:
        colour, colour_modes, _ = part("color", 1.0)
        _alike(file, mean, colour)
    return _checked(file, mean, shape, sigma, expression, spread, colour, colour_modes, triangles)


def _from_2009(file: Path, content: Arrays) -> BfmArrays:
    for name in ("shapeMU", "shapePC", "shapeEV", "texMU", "texPC", "texEV", "tl"):
        if name not in content:
            raise UserError(f"{file} lacks {name}: {PUBLISHED}")
    mean, shape, sigma = _modes(file, "shape", content["shapeMU"], content["shapePC"], content["shapeEV"], MM_PER_UM)
    colour, colours, _ = _modes(file, "tex", content["texMU"], content["texPC"], content["texEV"], 1 / 255)
    nothing = np.zeros((0, *mean.shape)), np.zeros(0)
    return _checked(file, mean, shape, sigma, *nothing, colour, colours, _ids(content["tl"]) - 1)


def _from_300w_lp(file: Path, content: Arrays) -> BfmArrays:
    for name in ("tri", "keypoints"):
        if name not in content:
            raise UserError(f"{file} lacks {name}: give 300W-LP's {SUBSET}")
    colour, colours = np.zeros((0, 3)), np.zeros((0, 0, 3))
    if "mu_shape" in content and "w" in content:
        sigma = content.get("sigma", np.ones(content["w"].shape[-1]))
        mean, shape, sigma = _modes(file, "w", content["mu_shape"], content["w"], sigma, MM_PER_UM)
    else:
        whole = file.parent / WHOLE
        if "trimIndex" not in content or not whole.is_file():
            raise UserError(f"{file} has no mu_shape and w: put {WHOLE} of BFM 2009 beside it, which it is cut from")
        trimmed = _ids(content["trimIndex"]).ravel() - 1
        uncut = _from_2009(whole, _read_mat(whole))
        if trimmed.min(initial=0) < 0 or trimmed.max(initial=0) >= len(uncut.mean):
            raise UserError(f"{file} cuts vertices that {whole} lacks: give {WHOLE} of BFM 2009")
        mean, shape, sigma = uncut.mean[trimmed], uncut.shape[:, trimmed], uncut.shape_sigma
        colour, colours = uncut.colour[trimmed], uncut.colour_modes[:, trimmed]
    expressions = next((file.parent / name for name in EXPRESSIONS if (file.parent / name).is_file()), None)
    expression, spread = np.zeros((0, *mean.shape)), np.zeros(0)
    if expressions is not None:
        other = _read_mat(expressions)
        if not {"mu_exp", "w_exp"} <= set(other):
            raise UserError(f"{expressions} lacks mu_exp and w_exp: give 300W-LP's {EXPRESSIONS[0]}")
        spread = other.get("sigma_exp", np.ones(other["w_exp"].shape[-1]))
        shift, expression, spread = _modes(expressions, "w_exp", other["mu_exp"], other["w_exp"], spread, MM_PER_UM)
        _alike(expressions, mean, shift)
        mean = mean + shift
    triangles = content["tri"].T if content["tri"].shape[0] == 3 else content["tri"]
    keypoints = _ids(content["keypoints"]).ravel() - 1
    rest = (expression, spread, colour, colours, _ids(triangles) - 1, keypoints)
    return _checked(file, mean, shape, sigma, *rest)


def _told_landmarks(file: Path, arrays: BfmArrays) -> BfmArrays:
    """With the landmarks of the text file beside the model, where there is one."""
    told = file.parent / LANDMARKS
    if not told.is_file():
        return arrays
    try:
        ids = np.array(read_text(told).split(), np.int64)
    except (OSError, ValueError, OverflowError):
        ids = np.empty(0, np.int64)
    if len(ids) != 68 or ids.min() < 0 or ids.max() >= len(arrays.mean):
        raise UserError(f"{told} doesn't tell 68 of {len(arrays.mean)} vertices: one id each, counted from 0")
    return replace(arrays, keypoints=ids)


def _modes(
    file: Path, name: str, mean: np.ndarray, basis: np.ndarray, sigma: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """mean (3n,) and basis (3n, k) of a file -> (n, 3), (k, n, 3) for one standard deviation, sigma (k,)."""
    mean, sigma = mean.ravel().astype(np.float64), sigma.ravel().astype(np.float64)
    whole = basis.shape == (len(mean), len(sigma)) and not len(mean) % 3 and len(mean)
    if not whole or not all(np.isfinite(numbers).all() for numbers in (mean, sigma, basis)):
        raise UserError(f"{file} has {name} modes of {basis.shape}, not {(len(mean), len(sigma))} numbers: {PUBLISHED}")
    scaled = (basis * (sigma * scale).astype(np.float32)).astype(np.float32)
    return mean.reshape(-1, 3) * scale, scaled.T.reshape(len(sigma), -1, 3), sigma


def _ids(numbers: np.ndarray) -> np.ndarray:
    """int64; -1 for what can't be a place in an array."""
    with np.errstate(invalid="ignore"):
        whole = np.isfinite(numbers) & (np.abs(numbers.astype(np.float64)) < 2**31)
        return np.where(whole, numbers, -1).astype(np.int64)


def _alike(file: Path, mean: np.ndarray, other: np.ndarray) -> None:
    if mean.shape != other.shape:
        raise UserError(f"{file} is of {len(other)} vertices, the shape of {len(mean)}: {PUBLISHED}")


def _checked(
    file: Path,
    mean: np.ndarray,
    shape: np.ndarray,
    sigma: np.ndarray,
    expression: np.ndarray,
    spread: np.ndarray,
    colour: np.ndarray,
    colours: np.ndarray,
    triangles: np.ndarray,
    keypoints: np.ndarray | None = None,
) -> BfmArrays:
    triangles, n = _ids(triangles), len(mean)
    if triangles.ndim != 2 or triangles.shape[1] != 3 or triangles.min(initial=0) < 0 or triangles.max(initial=0) >= n:
        raise UserError(f"{file} has triangles beyond its {n} vertices: {PUBLISHED}")
    if keypoints is not None and (len(keypoints) != 68 or keypoints.min() < 0 or keypoints.max() >= n):
        raise UserError(f"{file} has no 68 keypoints among its {n} vertices: {PUBLISHED}")
    return BfmArrays(mean, shape, sigma, expression, spread, colour, colours, triangles, keypoints)


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise UserError(f"there is no {path}: give BFM's file or its folder")
    for name in (SUBSET, WHOLE):
        if (path / name).is_file():
            return path / name
    found = sorted(path.glob("*.h5"))
    if len(found) != 1:
        raise UserError(f"{path} has {len(found)} .h5 and no {WHOLE} or {SUBSET}: name BFM's file")
    return found[0]


def _read_mat(file: Path) -> Arrays:
    return _readable(file, lambda: read_mat(file))


def _read_hdf5(file: Path) -> Arrays:
    try:
        import h5py  # type: ignore[import-not-found]
    except ImportError:
        raise UserError(f"reading {file} needs h5py: pip install 'synth2real[models]'") from None

    def read() -> Arrays:
        arrays: dict[str, np.ndarray] = {}
        most = max(SMALL_BYTES, MOST_TIMES * file.stat().st_size)
        with h5py.File(file, "r") as stored:
            for part in ("shape", "color", "expression"):
                for name in ("model/mean", "model/pcaBasis", "model/pcaVariance", "representer/cells"):
                    held: Any = stored.get(f"{part}/{name}")
                    if held is None:
                        continue
                    elsewhere = not isinstance(held, h5py.Dataset) or held.file.id != stored.id
                    if elsewhere or held.external or held.is_virtual or held.dtype.kind not in "fiu":
                        raise ValueError(f"{part}/{name} are no numbers of this file")
                    most -= held.size * held.dtype.itemsize
                    if most < 0:
                        raise ValueError("it says that it holds more than a file of its size")
                    arrays[f"{part}/{name}"] = np.asarray(held)
        return arrays

    return _readable(file, read)


def _readable(file: Path, read: Callable[[], Arrays]) -> Arrays:
    try:
        return read()
    except (Exception, MemoryError) as error:  # a spoilt file may end in any
        raise UserError(f"{file} can't be read ({type(error).__name__}): download BFM again") from None
