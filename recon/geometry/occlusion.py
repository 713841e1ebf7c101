# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
"""Ambient occlusion of a mesh and shadow maps of directional lights, both by the same rasteriser."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import warp as wp
from torch import Tensor
from torch.nn import functional

from recon.geometry.launch import launch
from recon.geometry.rasterize import nearest_distance
from recon.geometry.surfaces import vertex_normals

ORTHOGRAPHIC_MM = 1000.0  # keeps distances positive
SOFT_TAPS = ((0, 0), (-1, -1), (1, -1), (-1, 1), (1, 1))  # texels about the one that a vertex falls on
CASTING_MM = 45.0  # from what casts shadows on a face to where they fall: nose, brow and chin
DISC_TAPS = tuple(  # about the middle of a unit disc
    (radius * math.cos(turn + k * math.tau / 3), radius * math.sin(turn + k * math.tau / 3))
    for radius, turn in ((0.45, 0.0), (0.9, math.pi / 3))
    for k in range(3)
)
STEEPEST = wp.constant(4.0)  # slope of a surface against the light, beyond which it hardly gets any

wp.set_module_options({"enable_backward": False})


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
    """What a directional light sees: places (n, 3), columns and rows in its map, `scale` texels to a mm, and
    distances in mm; nearest (size, size), the map's distances."""

    places: Tensor
    nearest: Tensor
    scale: float

    def reached(self, bias_mm: float, taps: Sequence[tuple[int, int]], first: int = 0) -> Tensor:
        """(n - first,) share of the texels about each vertex from number `first` on that it is not behind."""
        places = self.places[first:]
        found = places.new_empty(len(places))
        offsets = torch.tensor(taps, dtype=torch.int32, device=places.device)
        inputs = [
            wp.from_torch(places, dtype=wp.vec3),
            wp.from_torch(self.nearest),
            bias_mm,
            wp.from_torch(offsets, dtype=wp.vec2i),
            wp.from_torch(found),
        ]
        launch(reached_texels, len(places), inputs, places.device)
        return found


def shadow_view(vertices: Tensor, triangles: Tensor, direction: Tensor, size: int) -> ShadowView:
    x, y, z = look_along(direction) @ vertices.T
    scale = (size - 2) / torch.maximum(x.max() - x.min(), y.max() - y.min())
    places = torch.stack([(x - x.min()) * scale + 1.0, (y - y.min()) * scale + 1.0, z.max() - z + ORTHOGRAPHIC_MM], 1)
    return ShadowView(places, nearest_distance(places, triangles, size, size), float(scale))


@wp.kernel
def reached_texels(
    places: wp.array(dtype=wp.vec3),
    nearest: wp.array2d(dtype=wp.float32),
    bias: float,
    taps: wp.array(dtype=wp.vec2i),
    found: wp.array(dtype=wp.float32),
):
    i = wp.tid()
    place = places[i]
    count, last = wp.float32(0.0), nearest.shape[0] - 1
    for k in range(taps.shape[0]):
        column, row = wp.min(int(place[0]) + taps[k][0], last), wp.min(int(place[1]) + taps[k][1], last)
        if place[2] <= nearest[row, column] + bias:
            count += 1.0
    found[i] = count / float(taps.shape[0])


@wp.kernel
def reached_disc(
    places: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    frame: wp.mat33,
    nearest: wp.array2d(dtype=wp.float32),
    scale: float,
    bias: float,
    taps: wp.array(dtype=wp.vec2),
    found: wp.array(dtype=wp.float32),
):
    """See `softly_lit`; frame: rows are the map's axes."""
    i = wp.tid()
    place, facing = places[i], frame * normals[i]
    slope = wp.vec2(facing[0], facing[1]) / wp.max(facing[2], 1.0 / STEEPEST)
    count, last = wp.float32(0.0), nearest.shape[0] - 1
    for k in range(taps.shape[0]):
        column = wp.clamp(int(place[0] + taps[k][0] * scale), 0, last)
        row = wp.clamp(int(place[1] + taps[k][1] * scale), 0, last)
        off = wp.vec2(float(column) + 0.5 - place[0], float(row) + 0.5 - place[1]) / scale
        if place[2] + wp.dot(slope, off) <= nearest[row, column] + bias:
            count += 1.0
    found[i] = count / float(taps.shape[0])


def softly_lit(
    vertices: Tensor, normals: Tensor, triangles: Tensor, direction: Tensor, size: int, bias_mm: float, spread: float
) -> Tensor:
    """`lit` by a disc of angular radius `spread` (radians), with the half-shade of what a face casts on itself.

    Only the first vertices, as many as there are `normals`, are shaded so: each is compared with the middles of texels
    about it, against the depth there of the plane through it with its normal. The rest is as `lit` has it.
    """
    view = shadow_view(vertices, triangles, direction, size)
    soft = normals.new_empty(len(normals))
    inputs = [
        wp.from_torch(view.places[: len(normals)], dtype=wp.vec3),
        wp.from_torch(normals.contiguous(), dtype=wp.vec3),
        wp.mat33(*look_along(direction).flatten().tolist()),
        wp.from_torch(view.nearest),
        view.scale,
        bias_mm,
        wp.from_torch(CASTING_MM * math.tan(spread) * torch.tensor(DISC_TAPS, device=soft.device), dtype=wp.vec2),
        wp.from_torch(soft),
    ]
    launch(reached_disc, len(normals), inputs, soft.device)
    return torch.cat([soft, view.reached(bias_mm, SOFT_TAPS, first=len(normals))])


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
