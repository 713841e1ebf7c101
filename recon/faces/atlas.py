"""A face model's atlas: the complete face, with ears and neck, laid onto a square without fold-overs.

PRNet's (Feng et al., 2018, section 3.1): Tutte's embedding with conformal weights and the border on the square. It is
another one than `FaceModel.uv`, which the labels of records hold: that one ends before the ears.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from recon.faces.model import FaceModel
from recon.faces.outer import eyeballs_of, labelled, outer_skin
from recon.faces.symmetry import mirror_vertices
from recon.geometry.parameterization import boundary_loops, square_embedding
from recon.geometry.patches import closing_strip, connected_parts, holes_of, strip, without_chords

AROUND_EARS_MM = 10.0  # of scalp above and behind the ears that belongs to the atlas; the neck ends there too
NECK_MM = 30.0  # of it below the chin
CHIN = 8  # landmark


@dataclass(frozen=True, eq=False)  # compared and hashed by identity, as models are
class Atlas:
    """Where the vertices of a model's complete face lie on the unit square, which they fill.

    Attributes:
        triangles: (f, 3) int64 ids of the model's vertices, counter-clockwise from outside and on the square. They are
            the model's, but for quads of a symmetric one, which are split alike on both sides, and for strips that
            close the holes: between lids and eyeballs, between the lips.
        uv: (n, 2) float64 in [0, 1], u to the model's left (rightward in the image of a face that looks at the camera),
            v up; NaN for the model's other vertices.
    """

    triangles: np.ndarray
    uv: np.ndarray

    @property
    def vertices(self) -> np.ndarray:
        """(k,) int64 ids of the vertices that it has."""
        return np.flatnonzero(np.isfinite(self.uv[:, 0]))

    def places(self, size: int) -> np.ndarray:
        """(n, 2) float64: where the vertices lie in a map of `size` px, pixel centres at +0.5; the square's corners are
        the centres of the map's corner pixels. Row 0 is on top."""
        return np.stack([self.uv[:, 0], 1 - self.uv[:, 1]], 1) * (size - 1) + 0.5


@lru_cache(maxsize=4)
def atlas_of(model: FaceModel) -> Atlas:
    """The model's atlas; of a symmetric model symmetric: the vertex of the other side lies at 1 - u, v."""
    mean, mirror = model.mean.double().numpy(), mirror_vertices(model)
    patch = without_chords(_two_sided(_face_with_ears_and_neck(model), mean, mirror))
    surface, strips = [patch], []
    for hole in holes_of(patch):
        front = _front_behind(hole, model)
        surface += [] if front is None else [front]
        strips.append(closing_strip(hole, mean) if front is None else _lid_to_ball(hole, front, mean))
    surface, triangles = (_two_sided(np.concatenate(parts), mean, mirror) for parts in (surface, surface + strips))
    uv = square_embedding(triangles, mean, surface)
    if mirror is not None:
        uv = (uv + uv[mirror] * (-1, 1) + (1, 0)) / 2  # takes the last rounding away
    return Atlas(triangles, uv)


def _face_with_ears_and_neck(model: FaceModel) -> np.ndarray:
    """(f, 3): the outer skin in front of the ears' backs, of the scalp no more than is around the ears, of the neck no
    more than is under the chin."""
    skin, mean, ears = outer_skin(model), model.mean.numpy(), labelled(model, "ears")
    top, back = (mean[ears, 1].max(), mean[ears, 2].min()) if ears.any() else (-np.inf, -np.inf)
    scalp = labelled(model, "scalp") & (mean[:, 1] > top + AROUND_EARS_MM)
    neck = mean[:, 1] < mean[model.landmarks[CHIN], 1] - NECK_MM
    kept = ~scalp & ~neck & (mean[:, 2] > back - AROUND_EARS_MM)
    return skin[kept[skin].all(1)]


def _two_sided(triangles: np.ndarray, mean: np.ndarray, mirror: np.ndarray | None) -> np.ndarray:
    """The triangles on the model's left and their mirror images; without a mirror, and where some reach across the
    middle, as they are."""
    x = mean[triangles, 0]
    if mirror is None or ((x.min(1) < -1e-3) & (x.max(1) > 1e-3)).any():
        return triangles
    left = triangles[x.mean(1) > 0]
    return np.concatenate([left, mirror[left][:, ::-1]])


def _front_behind(hole: np.ndarray, model: FaceModel) -> np.ndarray | None:
    """The triangles (k, 3) of the eyeball that shows in a hole of the skin, as far as they lie in front of the lids'
    border; None where none does. Of several shells the one that reaches furthest forward."""
    triangles, mean = model.triangles.numpy()[model.face.numpy()].astype(np.int64), model.mean.numpy()
    middle = (mean[hole].max(0) + mean[hole].min(0))[:2] / 2
    for ball in eyeballs_of(model):
        if ((mean[ball].min(0)[:2] < middle) & (middle < mean[ball].max(0)[:2])).all():
            in_front = np.isin(triangles, ball).all(1) & (mean[triangles, 2] > mean[hole, 2].mean()).all(1)
            shells = connected_parts(triangles[in_front])
            return without_chords(max(shells, key=lambda shell: float(mean[shell, 2].max())))
    return None


def _lid_to_ball(hole: np.ndarray, front: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """(k, 3): the strip from the lids' border to that of the eyeball's front, which lies behind them."""
    ball = max(boundary_loops(front), key=len)
    centre = mean[ball, :2].mean(0)

    def around(loop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The closed chain, counter-clockwise from the direction of -x, and its growing angles."""
        off = mean[loop, :2] - centre
        angle = np.arctan2(off[:, 1], off[:, 0])
        first = int(np.argmin(angle))
        chain, angle = np.roll(loop, -first), np.roll(angle, -first)
        return np.append(chain, chain[0]), np.append(np.maximum.accumulate(angle), angle[0] + 2 * np.pi)

    return strip(*around(hole[::-1]), *around(ball))
