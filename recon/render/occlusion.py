"""Ambient occlusion of a mesh and shadow maps of directional lights, both by the same rasteriser."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from recon.geometry.surfaces import vertex_normals
from recon.render.rasterize import nearest_distance

ORTHOGRAPHIC_MM = 1000.0  # keeps distances positive
SOFT_TAPS = ((0, 0), (-1, -1), (1, -1), (-1, 1), (1, 1))  # texels about the one that a vertex falls on
CASTING_MM = 45.0  # from what casts shadows on a face to where they fall: nose, brow and chin
DISC_TAPS = tuple(  # about the middle of a unit disc
    (radius * math.cos(turn + k * math.tau / 3), radius * math.sin(turn + k * math.tau / 3))
    for radius, turn in ((0.45, 0.0), (0.9, math.pi / 3))
    for k in range(3)
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
    view = shadow_view(vertices, triangles, direction, size)
    return view.reached(bias_mm, SOFT_TAPS if soft else SOFT_TAPS[:1])


@dataclass(frozen=True)
class ShadowView:
    """What a directional light sees: places u, v (n,) in its map of `size` texels a side, `scale` of them in a mm,
    distances (n,) in mm, and the nearest ones of the map, (size * size,)."""

    u: Tensor
    v: Tensor
    distance: Tensor
    nearest: Tensor
    scale: Tensor
    size: int

    def reached(self, bias_mm: float, taps: Sequence[tuple[int, int]]) -> Tensor:
        """(n,) share of the texels about each vertex that it is not behind."""
        offsets = torch.tensor(taps, device=self.u.device)
        column = (self.u.long() + offsets[:, :1]).clamp(max=self.size - 1)
        row = (self.v.long() + offsets[:, 1:]).clamp(max=self.size - 1)
        return (self.distance <= self.nearest[row * self.size + column] + bias_mm).float().mean(0)


def shadow_view(vertices: Tensor, triangles: Tensor, direction: Tensor, size: int) -> ShadowView:
    x, y, z = look_along(direction) @ vertices.T
    scale = (size - 2) / torch.maximum(x.max() - x.min(), y.max() - y.min())
    u, v = (x - x.min()) * scale + 1.0, (y - y.min()) * scale + 1.0
    distance = z.max() - z + ORTHOGRAPHIC_MM
    nearest = nearest_distance(torch.stack([u, v, distance], 1), triangles, size, size)
    return ShadowView(u, v, distance, nearest.view(-1), scale, size)


def softly_lit(
    vertices: Tensor, normals: Tensor, triangles: Tensor, direction: Tensor, size: int, bias_mm: float, spread: float
) -> Tensor:
    """`lit` by a disc of angular radius `spread` (radians), with the half-shade of what a face casts on itself.

    Only the first vertices, as many as there are `normals`, are shaded so: each is compared with the map about it,
    against the depth there of the plane through it with its normal. The rest is as `lit` has it.
    """
    view = shadow_view(vertices, triangles, direction, size)
    arriving, few = view.reached(bias_mm, SOFT_TAPS), len(normals)
    u, v, distance = view.u[:few], view.v[:few], view.distance[:few]
    across, up, toward = look_along(direction) @ normals.T
    across, up = (part / toward.clamp(min=1 / STEEPEST) for part in (across, up))
    soft = torch.zeros_like(distance)
    for right, above in DISC_TAPS:
        right, above = (CASTING_MM * math.tan(spread) * part for part in (right, above))
        column = (u + right * view.scale).long().clamp(0, size - 1)
        row = (v + above * view.scale).long().clamp(0, size - 1)
        soft += distance + across * right + up * above <= view.nearest[row * size + column] + bias_mm
    arriving[:few] = soft / len(DISC_TAPS)
    return arriving


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
