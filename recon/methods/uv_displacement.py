"""A displacement over a mesh's texture, on the mesh: DECA's M' = M + D n (Feng et al. 2021, section 4.2)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from recon.geometry.surfaces import vertex_normals


def displacement_at(displacement: Tensor, uv: Tensor) -> Tensor:
    """Displacements (B, 1, T, T) at places uv (n, 2) of the texture, u right and v up in [0, 1]: (B, n); 0 where uv is
    NaN, off the face."""
    on_face = uv.isfinite().all(1)
    grid = torch.where(on_face[:, None], uv * uv.new_tensor([2.0, -2.0]) + uv.new_tensor([-1.0, 1.0]), -1.0)
    grid = grid[None, None].expand(len(displacement), -1, -1, -1)
    found = functional.grid_sample(displacement, grid, padding_mode="border", align_corners=False)
    return found[:, 0, 0] * on_face


def displaced(vertices_mm: Tensor, triangles: Tensor, displacement: Tensor, uv: Tensor) -> Tensor:
    """M' = M + D n at the vertices: (B, n, 3) mm of (B, n, 3), triangles (f, 3), (B, 1, T, T) mm and uv (n, 2)."""
    return vertices_mm + displacement_at(displacement, uv)[..., None] * vertex_normals(vertices_mm, triangles)
