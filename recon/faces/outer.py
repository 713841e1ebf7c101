"""The outer surface of a model's head: its skin without what lies behind the lids and the lips."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from recon.errors import UserError
from recon.faces.model import REGIONS, FaceModel
from recon.geometry.parameterization import boundary_loops
from recon.geometry.patches import closing_strip, connected_parts

OUTER = ("skin", "lips", "brows", "ears", "scalp", "neck")
NOSE_TIP = 30  # landmark
HEAD_MM = 170.0  # of a whole head's depth from the tip of the nose, at least; to the ears it is 130 or so
SOCKET_RADII = 1.3  # skin that is not of the face, so close around an eyeball's centre, is its socket


def labelled(model: FaceModel, *names: str) -> np.ndarray:
    """(n,) bool, the vertices of these regions."""
    return np.isin(model.region.numpy(), [REGIONS.index(name) for name in names])


def eyeballs_of(model: FaceModel) -> list[np.ndarray]:
    """Vertex ids of each eyeball, the one at low x first; none of a model whose eyes are skin."""
    eyes, x = np.flatnonzero(labelled(model, "eyes")), model.mean[:, 0].numpy()
    return [ids for ids in (eyes[x[eyes] < 0], eyes[x[eyes] >= 0]) if len(ids)]


@lru_cache(maxsize=8)
def refuse_part_of_head(model: FaceModel) -> None:
    """Raise UserError where a model ends at its ears, as BFM does: hair and what is worn need the whole head."""
    depth = model.mean[model.landmarks[NOSE_TIP], 2] - model.mean[:, 2].min()
    if depth < HEAD_MM:
        raise UserError(
            f"the face model '{model.name}' has no back of the head, so no person is drawn of it: draw with default,"
            " ict:DIR or flame:PATH"
        )


@lru_cache(maxsize=4)
def outer_skin(model: FaceModel) -> np.ndarray:
    """(f, 3) int64: face, ears, scalp and neck down to the clothes, open at eyes, mouth and neck: one part."""
    triangles, mean = model.triangles.numpy().astype(np.int64), model.mean.double().numpy()
    kept = labelled(model, *OUTER)[triangles].all(1)
    for ball in eyeballs_of(model):
        centre = (mean[ball].max(0) + mean[ball].min(0)) / 2
        radius = np.median(np.linalg.norm(mean[ball] - centre, axis=1))
        near = np.linalg.norm(mean - centre, axis=1) < SOCKET_RADII * radius
        kept &= ~(near[triangles].all(1) & ~model.face.numpy())
    return connected_parts(triangles[kept])[0]


@lru_cache(maxsize=4)
def closed_head(model: FaceModel) -> np.ndarray:
    """(f, 3) int64 triangles of closed bodies that together fill the head: the skin, closed, and the eyeballs.

    Every opening of the skin is closed by a strip between the two halves of its border: between the lids of each eye,
    between the lips, and across the neck where the clothes begin. So what lies behind the lids and the lips is filled.
    The eyeballs come on top of that, where they bulge out of the lids.
    """
    skin, mean = outer_skin(model), model.mean.numpy()
    strips = [closing_strip(loop, mean) for loop in boundary_loops(skin)]
    triangles = model.triangles.numpy().astype(np.int64)
    balls = [part for part in connected_parts(triangles[labelled(model, "eyes")[triangles].all(1)])]
    return np.concatenate([skin, *strips, *(ball for ball in balls if not boundary_loops(ball))])
