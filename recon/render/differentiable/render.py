"""A textured mesh under light as pictures: DECA's R(M, B, c), its equation 4 and 5 (Feng et al. 2021, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from recon.geometry.surfaces import vertex_normals
from recon.render.differentiable.camera import in_pixels, orthographic
from recon.render.differentiable.light import shading
from recon.render.differentiable.raster import Fragments, fragments


@dataclass(frozen=True, eq=False)
class Surface:
    """What is drawn of a mesh: triangles (f, 3) int32, counter-clockwise from outside; uv (f, 3, 2) float of their
    corners, u right and v up in [0, 1]; relief_uv, the same of `uv_relief` where this lies over another atlas than the
    albedo."""

    triangles: Tensor
    uv: Tensor
    relief_uv: Tensor | None = None

    def to(self, device: torch.device) -> Surface:
        """The same on a device."""
        relief = None if self.relief_uv is None else self.relief_uv.to(device)
        return Surface(self.triangles.to(device), self.uv.to(device), relief)


@dataclass(frozen=True)
class Rendered:
    """B pictures; all 0 where nothing is seen.

    rgb (B, 3, S, S) float, albedo times shading, nominally in [0, 1] but not cut; albedo (B, 3, S, S); normals
    (B, 3, S, S) unit, x right, y up, z toward the viewer; mask (B, 1, S, S) float 0/1.
    """

    rgb: Tensor
    albedo: Tensor
    normals: Tensor
    mask: Tensor

    def over(self, image: Tensor) -> Tensor:
        """The face laid over images (B, 3, S, S)."""
        return torch.where(self.mask > 0, self.rgb, image)


def render(
    surface: Surface,
    vertices_mm: Tensor,
    camera: Tensor,
    albedo: Tensor,
    light: Tensor,
    side: int,
    uv_relief: Tensor | None = None,
) -> Rendered:
    """Faces, batch by batch.

    Args:
        vertices_mm: (B, n, 3), posed, x right, y up, z toward the viewer. camera: (B, 3), see `orthographic`.
        albedo: (B, 3, T, T), row 0 on top. light: (B, 27), see `shading`. side: px, S.
        uv_relief: (B, 3, T, T), added to the mesh's unit normals, such as `relief_of`; over the surface's `relief_uv`.
    """
    seen = fragments(in_pixels(orthographic(vertices_mm, camera), side), surface.triangles, side)
    grid = _grid(seen, surface.uv)
    normals = seen.image(seen.of_vertices(vertex_normals(vertices_mm, surface.triangles)))
    if uv_relief is not None:
        over = grid if surface.relief_uv is None else _grid(seen, surface.relief_uv)
        added = functional.grid_sample(uv_relief, over, padding_mode="border", align_corners=False)
        normals = functional.normalize(normals, dim=1) + added
    mask = seen.image(torch.ones_like(seen.weights[:, :1])).detach()
    normals = functional.normalize(normals, dim=1) * mask
    colours = functional.grid_sample(albedo, grid, padding_mode="border", align_corners=False) * mask
    lit = shading(normals.flatten(2).transpose(1, 2), light).transpose(1, 2).view_as(colours)
    return Rendered(colours * lit, colours, normals, mask)


def _grid(seen: Fragments, uv: Tensor) -> Tensor:
    """(B, S, S, 2): where in the texture each pixel looks, as `grid_sample` counts."""
    places = seen.of_corners(uv) * uv.new_tensor([2.0, -2.0]) + uv.new_tensor([-1.0, 1.0])
    return seen.image(places).permute(0, 2, 3, 1)
