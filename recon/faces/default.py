"""The bundled default model, baked from CC0 MakeHuman data by scripts/bake_default_model.py."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recon import assets
from recon.faces.brows import brow_place
from recon.faces.default_joints import default_joints
from recon.faces.model import REGIONS, Eyeball, FaceModel
from recon.geometry.subdivision import catmull_clark, triangulate

BOX_MARGIN_MM = 4.0
BROW_HALF_MM = 4.5


@lru_cache(maxsize=3)
def load_default(subdivisions: int = 1) -> FaceModel:
    """The default face with one subdivision (about 1.9 mm edges in the face), or more on demand.

    Args:
        subdivisions: Catmull-Clark steps; 0, 1 or 2. Ids of the coarser level's vertices stay the first ones.
    """
    with np.load(assets.path("default_face.npz"), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    quads, fields, eyeballs = subdivided(arrays, subdivisions)
    mean, triangles = fields["mean"], triangulate(quads)
    face = fields["margin"][triangles].mean(1) > 0  # a smooth border at any level of subdivision
    on_face = np.unique(triangles[face])
    fields["uv"][np.setdiff1d(np.arange(len(mean)), on_face)] = np.nan
    low, high = mean[on_face].min(0) - BOX_MARGIN_MM, mean[on_face].max(0) + BOX_MARGIN_MM
    names = tuple(str(name) for name in arrays["expression_names"])
    places = torch.from_numpy(mean).float()
    landmarks = torch.from_numpy(arrays["landmarks"].astype(np.int64))
    region = torch.from_numpy(np.argmax(fields["weights"], axis=1).astype(np.uint8))
    ridge = torch.from_numpy(arrays["brow_ridge"].astype(np.int64))
    region[brows_in(places, region, ridge)] = REGIONS.index("brows")
    left, right = (torch.from_numpy(ids) for ids in eyeballs)
    movements = torch.from_numpy(np.moveaxis(fields["expression"], 1, 0).copy()).float()
    turning = Eyeball.named(left, "Left", names), Eyeball.named(right, "Right", names)
    return FaceModel(
        name="default",
        mean=places,
        identity_basis=torch.from_numpy(np.moveaxis(fields["identity"], 1, 0).copy()).float(),
        expression_basis=movements,
        expression_names=names,
        triangles=torch.from_numpy(triangles),
        uv=torch.from_numpy(fields["uv"]).float(),
        landmarks=landmarks,
        region=region,
        face=torch.from_numpy(face),
        canonical=torch.from_numpy((mean - low) / (high - low)).float(),
        canonical_box_mm=torch.from_numpy(np.stack([low, high])).float(),
        eyeballs=tuple(filter(None, turning)),
        brow_ridge=ridge,
        articulation=default_joints(places, region, movements[names.index("jawOpen")], landmarks, (left, right)),
    )


def subdivided(
    arrays: dict[str, np.ndarray], subdivisions: int
) -> tuple[np.ndarray, dict[str, np.ndarray], list[np.ndarray]]:
    """The stored cage after so many steps: quads (q, 4) int64; fields (n, ...) float64, vertices first; the vertex ids
    of the left and of the right eyeball."""
    quads = arrays["quads"].astype(np.int64)
    fields = {
        "mean": arrays["mean"].astype(np.float64),
        "identity": np.moveaxis(arrays["identity_basis"].astype(np.float64), 0, 1),
        "expression": np.moveaxis(arrays["expression_basis"].astype(np.float64), 0, 1),
        "uv": arrays["uv"].astype(np.float64),
        "weights": arrays["region_weights"] / 255.0,
        "margin": arrays["face_margin"].astype(np.float64),
    }
    eyeballs = [np.isin(np.arange(len(fields["mean"])), arrays[f"{side}_eyeball"]) for side in ("left", "right")]
    for _ in range(subdivisions):
        matrix, finer = catmull_clark(quads, len(fields["mean"]))
        fields = {name: refine(matrix, values) for name, values in fields.items()}
        eyeballs = [(matrix @ inside.astype(float)) > 0.5 for inside in eyeballs]
        quads = finer.astype(np.int64)
    return quads, fields, [np.flatnonzero(inside) for inside in eyeballs]


def brows_in(places: Tensor, region: Tensor, ridge: Tensor) -> Tensor:
    """(n,) bool: the skin under the brows; places (n, 3) mm, region (n,) uint8, ridge (10,)."""
    height, along = brow_place(places, places[ridge])
    return (height.abs() < BROW_HALF_MM) & (along > -0.05) & (along < 1.1) & (region == REGIONS.index("skin"))


def refine(matrix: Any, values: np.ndarray) -> np.ndarray:
    """Apply a subdivision matrix (m, n) to (n, ...)."""
    flat = values.reshape(len(values), -1)
    return np.asarray(matrix @ flat).reshape(matrix.shape[0], *values.shape[1:])
