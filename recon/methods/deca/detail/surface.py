"""A displacement over the texture on DECA's coarse surface: its normals and its picture."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from recon.geometry.surfaces import vertex_normals
from recon.methods.deca.codes import Codes
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.face import face_of
from recon.render.differentiable.render import Rendered
from recon.render.differentiable.uv_map import UvMap, relief_of


def detailed_picture(
    config: DecaConfig, codes: Codes, vertices_mm: Tensor, displacement: Tensor, side: int
) -> Rendered:
    """The coarse face in the light of M' = M + D N: what it shows where, but for its normals, is the coarse one's.

    Args:
        vertices_mm: (B, n, 3), `Face.vertices_mm` of the codes. displacement: (B, 1, T, T) mm. side: px of the picture.
    """
    face = face_of(config, vertices_mm.device)
    texels = texels_of(config, displacement.shape[-1], vertices_mm.device)
    normals = vertex_normals(vertices_mm, face.surface.triangles)
    places, smooth = texels.spread(torch.cat([vertices_mm, normals], 2)).split([3, 3], 1)
    return face.picture(vertices_mm, codes, side, relief_of(places, smooth, displacement * texels.mask))


@lru_cache(maxsize=4)
def texels_of(config: DecaConfig, size: int, device: torch.device) -> UvMap:
    """What each texel of a displacement map of `size` px shows of the face."""
    surface = face_of(config, torch.device("cpu")).surface
    uv = surface.uv if surface.relief_uv is None else surface.relief_uv
    return UvMap.of(surface.triangles, uv, size).to(device)
