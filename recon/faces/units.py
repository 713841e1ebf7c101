"""Facial action units for a model whose expressions are principal components: which of them make a jawOpen."""

from __future__ import annotations

import numpy as np

from recon.faces.cache import Arrays, cached, digest
from recon.faces.carry_over import CarriedOver
from recon.faces.model import REGIONS, FaceModel
from recon.geometry.closest_points import closest_points

STIFFNESS_MM = 0.05  # a coefficient of 1 costs what so large a miss at every vertex does
EXPLAINED = 0.5  # least share of a unit's squared displacement for the model to have it

ELSEWHERE = ("eyeLook", "tongue")  # units of what is not the face's skin


def units_of(kind: str, carried: CarriedOver, basis: np.ndarray, template: FaceModel) -> tuple[list[str], np.ndarray]:
    """The template's units that a basis can make: names (u,) and coefficients (u, e) float32 of each fully active.

    At the vertices of the face, where the fit has laid them on the template, the unit's displacement is met by least
    squares with a small ridge. A unit of which less than half is met is left out, and so are those of the tongue and
    the gaze.

    Args:
        kind: what the result is kept under in the cache folder.
        basis: (e, n, 3) mm for a coefficient of one.
    """
    key = digest(basis.astype(np.float32), carried.canonical, template.mean.numpy(), template.expression_basis.numpy())
    found = cached(f"{kind}_units_{key}", lambda: _fit(carried, basis, template))
    return [str(name) for name in found["names"]], found["units"]


def _fit(carried: CarriedOver, basis: np.ndarray, template: FaceModel) -> Arrays:
    names = [name for name in template.expression_names if not name.startswith(ELSEWHERE)]
    rows = [template.expression_names.index(name) for name in names]
    chosen = np.flatnonzero(carried.on_face & (carried.region != REGIONS.index("eyes")))
    low, high = template.canonical_box_mm.double().numpy()
    triangles = template.triangles.numpy()[template.face.numpy()]
    found = closest_points(carried.canonical[chosen] * (high - low) + low, template.mean.double().numpy(), triangles)
    moved = template.expression_basis[rows].double().numpy()  # (u, n, 3)
    wanted = np.stack([found.interpolate(triangles, unit) for unit in moved]).reshape(len(rows), -1)
    flat = basis[:, chosen].reshape(len(basis), -1).astype(np.float64)
    ridge = STIFFNESS_MM**2 * len(chosen) * np.eye(len(flat))
    units = np.linalg.solve(flat @ flat.T + ridge, flat @ wanted.T).T
    missed = np.square(units @ flat - wanted).sum(1) / np.maximum(np.square(wanted).sum(1), 1e-9)
    kept = missed < 1 - EXPLAINED
    return {"names": np.array(names, np.str_)[kept], "units": units[kept].astype(np.float32)}
