"""What a face becomes in a mirror: which vertex, landmark and parameter takes the place of which."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial import KDTree

from recon.errors import UserError
from recon.faces.model import FaceModel

MIRRORED_LANDMARKS = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46]
    + [39, 38, 37, 36, 41, 40, *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65]
)
"""(68,) which landmark stands at each one's place in the mirror image (Multi-PIE order); its own inverse."""

ASYMMETRY_MM = 0.01  # of a mean or an identity that counts as symmetric
SIDES = (("Left", "Right"), ("Right", "Left"))


@dataclass(frozen=True)
class Symmetry:
    """A symmetric model's mirror at x = 0.

    Attributes:
        vertices: (n,) int64, the vertex on the other side; its own inverse.
        identity: (k, k) float32: the identity of the mirrored person is `identity @ its own`, exactly.
        expression: (e,) int64, the unit of the other side, by name. A model's units may differ from side to side (the
            default model's by up to 2 mm, within the mouth), so a mesh made from swapped activations may as well.
    """

    vertices: np.ndarray
    identity: np.ndarray
    expression: np.ndarray


@lru_cache(maxsize=4)
def symmetry_of(model: FaceModel) -> Symmetry:
    """The model's symmetry.

    Raises:
        UserError: its mean or its identities have no mirror image in the model.
    """
    vertices, distance = _across(model)
    basis = model.identity_basis.double().numpy()
    mirrored = basis[:, vertices] * (-1, 1, 1)
    flat, goal = basis.reshape(len(basis), -1), mirrored.reshape(len(basis), -1)
    identity = np.linalg.lstsq(flat.T, goal.T, rcond=None)[0] if len(basis) else np.zeros((0, 0))
    missed = float(np.abs(flat.T @ identity - goal.T).max(initial=0))
    if max(float(distance.max()), missed) > ASYMMETRY_MM:
        raise UserError(
            f"the face model '{model.name}' is not symmetric: its records can't be mirrored (set mirror: 0)"
        )
    names = list(model.expression_names)
    expression = np.array([names.index(_twin(name, names)) for name in names], np.int64)
    return Symmetry(vertices, identity.astype(np.float32), expression)


def mirror_vertices(model: FaceModel, tolerance_mm: float = 0.5) -> np.ndarray | None:
    """(n,) int64, the vertex on the other side of the mean, its own inverse; None where some have none that near."""
    vertices, distance = _across(model)
    paired = np.array_equal(vertices[vertices], np.arange(len(vertices)))
    return vertices if paired and distance.max() <= tolerance_mm else None


def _across(model: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    """Of each vertex of the mean the one nearest to its mirror image (n,) int64, and how near it is (n,) mm."""
    mean = model.mean.double().numpy()
    distance, vertices = map(np.asarray, KDTree(mean).query(mean * (-1, 1, 1)))
    return vertices.astype(np.int64), distance


def _twin(name: str, names: list[str]) -> str:
    for here, there in SIDES:
        other = name[: -len(here)] + there
        if name.endswith(here) and other in names:
            return other
    return name
