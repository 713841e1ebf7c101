"""The decoder: codes to a mesh, its albedo and its picture (DECA, section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from recon.errors import UserError
from recon.faces import load
from recon.faces.articulation import JAW, ROOT, rotation_matrices
from recon.faces.model import FaceModel
from recon.faces.part import on_device, part_of
from recon.faces.plain_albedo import plain_albedo
from recon.faces.registry import KINDS, load_texture
from recon.faces.texture_space import TextureSpace
from recon.methods.deca.codes import TURN, Codes, expression_columns
from recon.methods.deca.config import DecaConfig
from recon.render.differentiable.camera import in_pixels, orthographic
from recon.render.differentiable.render import Rendered, Surface, render
from recon.render.differentiable.uv_map import UvMap


@dataclass(frozen=True, eq=False)
class Face:
    """A face model with its albedo, ready for batches on one device.

    Attributes:
        model: whole, or the part that is drawn and has landmarks.
        surface: the face region, drawn over the texture; relief over the model's own uv.
        columns: (e,) int64, of the model's expression, see `expression_columns`.
        albedo_mean: (3, T, T) and albedo_basis: (t, 3, T, T) float32, sRGB in [0, 1].
    """

    model: FaceModel
    surface: Surface
    columns: Tensor
    albedo_mean: Tensor
    albedo_basis: Tensor

    def vertices_mm(self, codes: Codes) -> Tensor:
        """(B, n, 3) mm, M of equation 1: x right, y up, z toward the viewer; turned by the pose."""
        model, count = self.model, len(codes.shape)
        identity = codes.shape.new_zeros(count, len(model.identity_basis))
        identity = torch.cat([codes.shape, identity[:, codes.shape.shape[1] :]], 1)
        expression = codes.expression.new_zeros(count, len(model.expression_basis))
        expression = expression.index_copy(1, self.columns[: codes.expression.shape[1]], codes.expression)
        if model.articulation is None:
            still = torch.vmap(model.vertices)(identity, expression)
            return still @ rotation_matrices(codes.pose[:, :TURN]).transpose(1, 2)
        turns = codes.pose.new_zeros(count, len(model.articulation.parents), TURN)
        which = torch.tensor([ROOT, JAW], device=turns.device)
        turns = turns.index_copy(1, which, codes.pose.unflatten(1, (2, TURN)))
        return torch.vmap(model.vertices)(identity, expression, turns)

    def albedo(self, codes: Codes) -> Tensor:
        """(B, 3, T, T) sRGB, nominally in [0, 1]: T = mu + A alpha."""
        return self.albedo_mean + torch.tensordot(codes.texture, self.albedo_basis[: codes.texture.shape[1]], 1)

    def landmarks(self, vertices_mm: Tensor, codes: Codes) -> Tensor:
        """(B, 68, 2): s Pi(M_i) + t, halves of the image's side, see `orthographic`."""
        return orthographic(vertices_mm[:, self.model.landmarks], codes.camera)[..., :2]

    def picture(self, vertices_mm: Tensor, codes: Codes, side: int, uv_relief: Tensor | None = None) -> Rendered:
        """I_r of equation 5, of `side` px; uv_relief: see `render`."""
        return render(self.surface, vertices_mm, codes.camera, self.albedo(codes), codes.light, side, uv_relief)

    def pixels(self, vertices_mm: Tensor, codes: Codes, side: int) -> Tensor:
        """(B, n, 3) px of an image of `side`: x rightward, y downward, z toward the viewer."""
        return in_pixels(orthographic(vertices_mm, codes.camera), side)


def face_of(config: DecaConfig, device: torch.device, whole: bool = False) -> Face:
    """The decoder of a config; whole: all of the head's vertices, not only those that a loss sees."""
    return _face(config.model, config.albedo, config.texture_px, device, whole)


def textures_of(config: DecaConfig) -> int:
    """Modes of the model's texture space."""
    return len(_texture(config.model, config.albedo).basis)


@lru_cache(maxsize=4)
def _face(name: str, albedo: str, texture_px: int, device: torch.device, whole: bool) -> Face:
    model = load(name)
    drawn = model.textured
    if not drawn.any():
        raise UserError(f"the face model '{name}' has no uv on its face: give another")
    space, own = _texture(name, albedo), model.uv[model.triangles[drawn].long()]
    uv = own if space.uv is None or space.uv_triangles is None else space.uv[space.uv_triangles[drawn]]
    mean, basis = _pictures(space, model.triangles[drawn], uv, texture_px)
    part = model if whole else part_of(model, _corners(model, drawn))
    triangles = part.triangles[part.textured]
    columns = torch.tensor(expression_columns(model))
    return on_device(Face(part, Surface(triangles, uv, None if uv is own else own), columns, mean, basis), device)


def _corners(model: FaceModel, drawn: Tensor) -> Tensor:
    """(n,) bool: the vertices of the triangles `drawn` (f,) bool."""
    return torch.zeros(len(model.mean), dtype=torch.bool).index_fill(0, model.triangles[drawn].long().unique(), True)


def _texture(name: str, albedo: str) -> TextureSpace:
    """The model's own texture space, or the stand-in, see `DecaConfig`."""
    own = albedo == "own" and KINDS[name.partition(":")[0]].texture is not None
    return load_texture(name) if own else plain_albedo(load(name))


def _pictures(space: TextureSpace, triangles: Tensor, uv: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Mean (3, T, T) and modes (t, 3, T, T) of a texture space as pictures over the uv."""
    if space.mean.ndim == 2:  # a colour a vertex
        spread = UvMap.of(triangles, uv, side).spread(torch.cat([space.mean[None], space.basis]))
    else:
        pictures = torch.cat([space.mean[None], space.basis]).permute(0, 3, 1, 2)
        spread = torch.nn.functional.interpolate(pictures, (side, side), mode="bilinear", antialias=True)
    return spread[0].contiguous(), spread[1:].contiguous()
