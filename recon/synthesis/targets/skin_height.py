"""The height of a drawn person's furrows over the texture of the face model, as expression deepens them.

The furrows of the render's relief (`recon.people.skin.relief`), as texels resolve them: without the net of fine lines
and pores, which are finer than any texel here.
"""

from __future__ import annotations

import json
from functools import lru_cache

import torch
from torch import Tensor

from recon.faces import load
from recon.faces.model import FaceModel
from recon.people.skin.furrows import Crease, creases
from recon.people.skin.wrinkles import Skin
from recon.people.template import Slow
from recon.render.differentiable.uv_map import UvMap
from recon.synthesis.head import prepared
from recon.synthesis.placement import MIRRORED
from recon.synthesis.record import Record


def skin_height(record: Record, name: str, size: int) -> Tensor:
    """(1, T, T) float mm, T = size: 0 or below it in furrows, 0 where the texture shows no face; NaN for a record of
    another face model than `name`, or that does not tell its skin and its expression."""
    drawn = json.loads(record.scene)
    if record.model != name or not drawn.get("skin") or not record.expression.size:
        return torch.full((1, size, size), torch.nan)
    model = load(name)
    height = furrow_height(model, Skin(**drawn["skin"]), torch.from_numpy(record.expression), size)
    return height.flip(2) if drawn.get(MIRRORED) else height


def furrow_height(model: FaceModel, skin: Skin, expression: Tensor, size: int) -> Tensor:
    """(1, T, T) float mm, of a person's skin with coefficients (e,) of the model's expression."""
    texels = face_texels(model, size)
    bare = torch.zeros(len(model.mean), len(Slow))
    rows = creases(prepared(model).furrows, bare, skin, model.activations(expression), texel_mm(model, size))
    values = texels.spread(rows[None])[0]
    phase, depth, half = (values[column] for column in (Crease.PHASE, Crease.DEPTH_MM, Crease.HALF))
    off = phase - phase.round()
    window = (1 - 4 * off.square()).square()
    return (-depth * window / (1 + (off / half.clamp_min(1e-6)).square()) * texels.mask)[None]


@lru_cache(maxsize=4)
def face_texels(model: FaceModel, size: int) -> UvMap:
    """What each texel shows of the model's face, by the vertices of the whole model."""
    triangles = model.triangles[model.textured]
    return UvMap.of(triangles, model.uv[triangles.long()], size)


@lru_cache(maxsize=4)
def texel_mm(model: FaceModel, size: int) -> float:
    """Side of a texel on the mean face, mm, in the mean."""
    texels = face_texels(model, size)
    places = texels.spread(model.mean[None])[0]
    across = (places[:, :, 1:] - places[:, :, :-1]).norm(dim=0)[texels.mask[:, 1:] & texels.mask[:, :-1]]
    down = (places[:, 1:] - places[:, :-1]).norm(dim=0)[texels.mask[1:] & texels.mask[:-1]]
    return float((across.median() * down.median()).sqrt())
