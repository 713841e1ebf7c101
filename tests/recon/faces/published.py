"""Small face models in the formats that the published ones have, made from the coarse default model."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from recon.faces.articulation import JAW, LEFT_EYE, NECK, RIGHT_EYE, ROOT
from recon.faces.carry_over import markup
from recon.faces.default import load_default
from recon.faces.model import REGIONS
from tests.recon.faces.python2 import Ch, csc_matrix, dumped

WITHOUT = ("background", "mouth_inside", "teeth", "clothes")
UNITS = ("browInnerUp", "mouthSmileLeft", "mouthPucker")
IDENTITIES = 9


@cache
def head(eyes: bool = True) -> dict[str, np.ndarray]:
    """The outer skin, with eyeballs or without: mean (n, 3) mm, triangles, modes, landmarks, weights, region."""
    coarse = load_default(0)
    away = (*WITHOUT, *(() if eyes else ("eyes",)))
    kept = ~np.isin(coarse.region.numpy(), [REGIONS.index(name) for name in away])
    kept[[*coarse.landmarks, *markup(coarse)]] = True
    number = np.cumsum(kept) - 1
    triangles = coarse.triangles.numpy()
    units = [coarse.expression_names.index(name) for name in UNITS]
    assert coarse.articulation is not None
    return {
        "mean": coarse.mean.numpy()[kept].astype(np.float64),
        "triangles": number[triangles[kept[triangles].all(1)]],
        "identity": coarse.identity_basis.numpy()[:IDENTITIES, kept].astype(np.float64),
        "expression": coarse.expression_basis.numpy()[units][:, kept].astype(np.float64),
        "landmarks": number[markup(coarse)],
        "weights": coarse.articulation.weights.numpy()[kept].astype(np.float64),
        "region": coarse.region.numpy()[kept],
    }


def flame_arrays() -> dict[str, np.ndarray]:
    """FLAME's arrays, in metres and away from the origin."""
    parts, rng = head(), np.random.default_rng(0)
    mean = parts["mean"]
    n = len(mean)
    modes = np.concatenate([parts["identity"], parts["expression"]]) / 1000
    regressor = np.zeros((5, n))
    places = {
        ROOT: (0, -200, -90),
        NECK: (0, -130, -95),
        JAW: (0, -53, -58),
        LEFT_EYE: (31, 0, 0),
        RIGHT_EYE: (-31, 0, 0),
    }
    for joint, place in places.items():
        near = np.argsort(np.linalg.norm(mean - place, axis=1))[:30]
        if joint in (LEFT_EYE, RIGHT_EYE):
            near = np.flatnonzero(parts["weights"][:, joint] > 0.5)
        regressor[joint, near] = 1.01 / len(near)
    return {
        "v_template": mean / 1000 + (0.01, 1.5, -0.02),
        "shapedirs": np.moveaxis(modes, 0, 2),
        "posedirs": rng.normal(0, 1e-3, (n, 3, 36)),
        "J_regressor": regressor,
        "weights": parts["weights"],
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], range(5)], np.uint32),
        "f": parts["triangles"].astype(np.uint32),
    }


def flame_landmarks() -> dict[str, np.ndarray]:
    """DECA's table: the landmarks as corners of triangles; the outline slides from corner to corner."""
    parts = head()
    triangles, marks = parts["triangles"], parts["landmarks"]
    faces = np.array([np.flatnonzero((triangles == mark).any(1))[0] for mark in marks])
    weights = 0.9 * (triangles[faces] == marks[:, None]) + 0.1 / 3
    outline = np.stack([np.roll(faces[:17], k) for k in range(79)])
    return {
        "static_lmk_faces_idx": faces[17:],
        "static_lmk_bary_coords": weights[17:],
        "dynamic_lmk_faces_idx": outline,
        "dynamic_lmk_bary_coords": np.stack([np.roll(weights[:17], k, 0) for k in range(79)]),
        "full_lmk_faces_idx": faces[None],
        "full_lmk_bary_coords": weights[None],
    }


def write_flame(folder: Path, **changed: Any) -> Path:
    """`generic_model.pkl` of Python 2, with chumpy, and `landmark_embedding.npy`; arrays can be exchanged."""
    content: dict[str, Any] = {**flame_arrays(), "bs_style": "lbs", "bs_type": "lrotmin", **changed}
    content["shapedirs"], content["v_template"] = Ch(content["shapedirs"]), Ch(content["v_template"])
    content["J_regressor"] = csc_matrix(content["J_regressor"])
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "generic_model.pkl").write_bytes(dumped(content))
    np.save(folder / "landmark_embedding.npy", np.array(flame_landmarks(), dtype=object), allow_pickle=True)  # type: ignore[arg-type]
    return folder


def bfm_arrays() -> dict[str, np.ndarray]:
    """A face without eyeballs, seen as BFM has it: mean (n, 3) mm, modes of one mm or so with their sigmas apart."""
    parts = head(eyes=False)
    rng = np.random.default_rng(3)
    n = len(parts["mean"])
    return {
        "mean": parts["mean"] + (3, -20, 60),
        "triangles": parts["triangles"],
        "shape": parts["identity"].reshape(IDENTITIES, -1).T / np.arange(1, IDENTITIES + 1),
        "sigma": np.arange(1.0, IDENTITIES + 1),
        "expression": parts["expression"].reshape(len(UNITS), -1).T / 2.0,
        "spread": np.full(len(UNITS), 2.0),
        "colour": rng.uniform(0.2, 0.8, 3 * n),
        "colours": rng.normal(0, 0.05, (3 * n, 4)),
        "colour_sigma": np.array([4.0, 3, 2, 1]),
        "landmarks": parts["landmarks"],
    }


def bfm_2009(folder: Path, **changed: Any) -> Path:
    """`01_MorphableModel.mat`: micrometres, 0 to 255, triangles from 1 and clockwise."""
    from scipy.io import savemat

    a = bfm_arrays()
    content = {
        "shapeMU": 1000 * a["mean"].reshape(-1, 1),
        "shapePC": a["shape"].astype(np.float32),
        "shapeEV": 1000 * a["sigma"][:, None],
        "texMU": 255 * a["colour"][:, None],
        "texPC": a["colours"].astype(np.float32),
        "texEV": 255 * a["colour_sigma"][:, None],
        "tl": a["triangles"][:, ::-1] + 1,
        "segbin": np.ones((len(a["mean"]), 4), np.uint8),
    }
    folder.mkdir(exist_ok=True, parents=True)
    savemat(folder / "01_MorphableModel.mat", {k: v for k, v in {**content, **changed}.items() if v is not None})
    return folder


def bfm_300w_lp(folder: Path, cut_from_2009: bool = False) -> Path:
    """`Model_Shape.mat` and `Model_Exp.mat`: micrometres, a mean expression apart."""
    from scipy.io import savemat

    a = bfm_arrays()
    own = {"tri": a["triangles"].T + 1, "keypoints": a["landmarks"][None] + 1}
    if cut_from_2009:
        bfm_2009(folder)
        own["trimIndex"] = np.arange(1, len(a["mean"]) + 1)[:, None]
    else:
        moved = a["mean"].reshape(-1, 1) - 0.5
        own |= {"mu_shape": 1000 * moved, "w": a["shape"], "sigma": 1000 * a["sigma"][:, None]}
    savemat(folder / "Model_Shape.mat", own)
    n = 3 * len(a["mean"])
    shift = np.full((n, 1), 0.0 if cut_from_2009 else 500.0)
    expressions = {"mu_exp": shift, "w_exp": a["expression"], "sigma_exp": 1000 * a["spread"][:, None]}
    savemat(folder / "Model_Exp.mat", expressions)
    return folder


def bfm_hdf5() -> dict[str, np.ndarray]:
    """2019's arrays by their paths in the file."""
    a = bfm_arrays()
    parts = {
        "shape": (a["mean"].ravel(), a["shape"], a["sigma"]),
        "expression": (np.zeros(a["mean"].size), a["expression"], a["spread"]),
        "color": (a["colour"], a["colours"], a["colour_sigma"]),
    }
    content = {"shape/representer/cells": a["triangles"].T.astype(np.int32)}
    for name, (mean, basis, sigma) in parts.items():
        content |= {f"{name}/model/mean": mean, f"{name}/model/pcaBasis": basis, f"{name}/model/pcaVariance": sigma**2}
    return content
