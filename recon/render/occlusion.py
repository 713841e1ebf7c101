"""Ambient occlusion of a mesh and shadow maps of directional lights, both by the same rasteriser."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from recon.geometry.surfaces import vertex_normals
from recon.render.rasterize import nearest_distance

ORTHOGRAPHIC_MM = 1000.0  # keeps distances positive
SOFT_TAPS = ((0, 0), (-1, -1), (1, -1), (-1, 1), (1, 1))  # texels about the one that a vertex falls on
CASTING_MM = 45.0  # from what casts shadows on a face to where they fall: nose, brow and chin
DISC_TAPS = tuple(  # about the middle of a unit disc
    (radius * math.cos(turn + k * math.pi / 3), radius * math.sin(turn + k * math.pi / 3))
    for radius, turn in ((0.45, 0.0), (0.9, math.pi / 6))
    for k in range(6)
)
STEEPEST = 4.0  # slope of a surface against the light, beyond which it hardly gets any


def look_along(direction: Tensor) -> Tensor:
    """(3, 3) rotation whose third row is `direction` (3,), pointing to the light."""
    third = functional.normalize(direction, dim=0)
    helper = third.new_tensor([0.0, 1.0, 0.0]) if third[1].abs() < 0.9 else third.new_tensor([1.0, 0.0, 0.0])
    first = functional.normalize(torch.linalg.cross(helper, third), dim=0)
    return torch.stack([first, torch.linalg.cross(third, first), third])


def lit(vertices: Tensor, triangles: Tensor, direction: Tensor, size: int, bias_mm: float, soft: bool = True) -> Tensor:
    """How much of a directional light reaches each vertex.

    Args:
        vertices: (n, 3) mm; triangles: (f, 3) int32; direction: (3,) toward the light.
        size: side of the shadow map in pixels; bias_mm: depth a surface may lie behind the map and still be lit.

    Returns:
        (n,) float in [0, 1]; softened over neighbouring texels when `soft`.
    """
    x, y, z = look_along(direction) @ vertices.T
    scale = (size - 2) / torch.maximum(x.max() - x.min(), y.max() - y.min())
    u, v = (x - x.min()) * scale + 1.0, (y - y.min()) * scale + 1.0
    distance = z.max() - z + ORTHOGRAPHIC_MM
    nearest = nearest_distance(torch.stack([u, v, distance], 1), triangles, size, size)
    taps = torch.tensor(SOFT_TAPS if soft else SOFT_TAPS[:1], device=vertices.device)
    column = (u.long() + taps[:, :1]).clamp(max=size - 1)
    row = (v.long() + taps[:, 1:]).clamp(max=size - 1)
    reached = distance <= nearest.view(-1)[row * size + column] + bias_mm
    return reached.float().mean(0)


def softly_lit(
    vertices: Tensor, normals: Tensor, triangles: Tensor, direction: Tensor, size: int, bias_mm: float, spread: float
) -> Tensor:
    """`lit` by a disc of angular radius `spread` (radians): shadows have the half-shade of those cast by a face.

    The map is looked up about each vertex, against the depth of the plane through it with its normal.
    """
    frame = look_along(direction)
    x, y, z = frame @ vertices.T
    scale = (size - 2) / torch.maximum(x.max() - x.min(), y.max() - y.min())
    u, v = (x - x.min()) * scale + 1.0, (y - y.min()) * scale + 1.0
    distance = z.max() - z + ORTHOGRAPHIC_MM
    nearest = nearest_distance(torch.stack([u, v, distance], 1), triangles, size, size).view(-1)
    across, up, toward = frame @ normals.T
    across, up = (part / toward.clamp(min=1 / STEEPEST) for part in (across, up))
    offsets = torch.tensor(DISC_TAPS, device=vertices.device) * (CASTING_MM * math.tan(spread))
    arriving = torch.zeros_like(distance)
    for right, above in offsets:
        column = (u + right * scale).long().clamp(0, size - 1)
        row = (v + above * scale).long().clamp(0, size - 1)
        plane = distance + across * right + up * above
        arriving += plane <= nearest[row * size + column] + bias_mm
    return arriving / len(offsets)


def ambient_occlusion(vertices: Tensor, triangles: Tensor, directions: int = 96, size: int = 192) -> Tensor:
    """Cosine-weighted share of the sky that each vertex sees: (n, 3), (f, 3) -> (n,) in [0, 1]."""
    golden = torch.pi * (3 - 5**0.5)
    k = torch.arange(directions, dtype=torch.float32)
    height = 1 - 2 * (k + 0.5) / directions
    ring = (1 - height**2).sqrt()
    sky = torch.stack([ring * torch.cos(golden * k), height, ring * torch.sin(golden * k)], 1)
    normals = vertex_normals(vertices, triangles)
    seen, weight = torch.zeros(len(vertices)), torch.zeros(len(vertices))
    for direction in sky:
        cosine = (normals @ direction).clamp(min=0)
        seen += cosine * lit(vertices, triangles, direction, size, bias_mm=2.5, soft=False)
        weight += cosine
    return seen / weight.clamp(min=1e-6)
