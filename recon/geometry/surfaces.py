"""Normals and areas of triangle meshes and of position maps. Differentiable torch; counter-clockwise is outside."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SMALLEST_LENGTH = 1e-12  # keeps the normal of a degenerate triangle at zero instead of NaN


def triangle_cross(vertices: Tensor, triangles: Tensor) -> Tensor:
    """The unnormalised triangle normals (b - a) x (c - a), twice the area long.

    Args:
        vertices: (..., n, 3) float, any unit.
        triangles: (f, 3) int.
    Returns:
        (..., f, 3), the unit squared.
    """
    corners = vertices.index_select(-2, triangles.long().T.reshape(-1))  # several times faster than by indexing
    a, b, c = corners.unflatten(-2, (3, -1)).unbind(-3)
    return torch.linalg.cross(b - a, c - a)


def triangle_normals(vertices: Tensor, triangles: Tensor) -> Tensor:
    """Unit triangle normals: vertices (..., n, 3), triangles (f, 3) int -> (..., f, 3); zero where degenerate."""
    return functional.normalize(triangle_cross(vertices, triangles), dim=-1, eps=SMALLEST_LENGTH)


def triangle_areas(vertices: Tensor, triangles: Tensor) -> Tensor:
    """Areas: vertices (..., n, 3), triangles (f, 3) int -> (..., f), the unit squared."""
    return triangle_cross(vertices, triangles).norm(dim=-1) / 2


def vertex_normals(vertices: Tensor, triangles: Tensor) -> Tensor:
    """Unit vertex normals, weighted by area: (..., n, 3), (f, 3) int -> (..., n, 3); zero at lone vertices."""
    cross = triangle_cross(vertices, triangles)
    total = torch.zeros_like(vertices)
    for corner in triangles.long().unbind(-1):
        total = total.index_add(-2, corner, cross)
    return functional.normalize(total, dim=-1, eps=SMALLEST_LENGTH)


def normals_from_positions(position: Tensor, smallest: float = SMALLEST_LENGTH) -> Tensor:
    """Unit normals of a position map, from central differences (one-sided at the image border).

    The map is in the camera frame (x right, y up, z toward the viewer, image row 0 on top), so a surface that faces the
    viewer has z > 0. A pixel one of whose four neighbours is NaN has a NaN normal; positions inside a mask are the
    caller's to erode.

    Args:
        position: (..., 3, H, W) float, any unit.
        smallest: products of the two tangents shorter than this (squared unit) are scaled less than to unit length,
            which bounds the gradient.
    Returns:
        (..., 3, H, W) unit length.
    """
    right, left = _shifted(position, -1, 1), _shifted(position, -1, -1)
    below, above = _shifted(position, -2, 1), _shifted(position, -2, -1)
    normals = torch.linalg.cross(right - left, above - below, dim=-3)
    return normals / (normals.square().sum(-3, keepdim=True) + smallest**2).sqrt()


def _shifted(values: Tensor, dim: int, step: int) -> Tensor:
    """values at index + step along dim, the border repeated."""
    last = values.shape[dim] - 1
    index = (torch.arange(last + 1, device=values.device) + step).clamp(0, last)
    return values.index_select(dim, index)
