# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false
"""Filling closed surfaces: which voxels' centres lie inside, by counting a ray's crossings.

A ray runs through each column of voxels, along their centres. Where it enters a body a surface faces it, where it
leaves one a surface faces away; the voxels behind a crossing are one deeper inside, or one less. What is inside of any
body has a positive sum, so bodies may overlap. The count is exact: corners are rounded to 1 / 4096 of a voxel across
the ray, sides of edges are found in whole numbers, and of triangles that share an edge one alone owns it, so no ray
slips through between them. It does not depend on the order of the threads.
"""

from __future__ import annotations

import torch
import warp as wp
from torch import Tensor

from recon.geometry.launch import launch

STEPS = wp.constant(4096)  # of a voxel, across the ray; 64-bit products hold for grids up to 10,000 voxels wide
HALF = wp.constant(2048)
wp.set_module_options({"enable_backward": False})


def voxelize(points: Tensor, triangles: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """The voxels whose centres lie inside closed surfaces.

    Args:
        points: (n, 3) float: column, row and layer, in voxels; the first one's centre is at 0.5, 0.5, 0.5. Parts that
            lie outside of the grid are cut off.
        triangles: (f, 3) int. Seen against growing layers (from layer 0), with rows running downward, the front of a
            triangle has its corners counter-clockwise.
        shape: layers D, rows H, columns W.

    Returns:
        (D, H, W) bool.
    """
    depth, height, width = shape
    crossings = signed_crossings(points, triangles, shape)
    inside = crossings[..., :depth].cumsum(-1, dtype=torch.int32) > 0
    return inside.permute(2, 0, 1).contiguous().view(depth, height, width)


def signed_crossings(points: Tensor, triangles: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """(H, W, D + 1) int32: fronts less backs that lie between each voxel's centre and the one before; the last, those
    behind the grid. Each ray's sum over closed surfaces is 0. The arguments are those of `voxelize`."""
    depth, height, width = shape
    points = points.to(torch.float64).contiguous()
    triangles = triangles.to(torch.int32).contiguous()
    counts = torch.zeros((height, width, depth + 1), dtype=torch.int32, device=points.device)
    mesh = [wp.from_torch(points, dtype=wp.vec3d), wp.from_torch(triangles, dtype=wp.vec3i)]
    launch(count_crossings, len(triangles), [*mesh, depth, wp.from_torch(counts)], points.device)
    return counts


@wp.func
def snapped(place: wp.float64) -> wp.int64:
    return wp.int64(wp.rint(place * wp.float64(STEPS)))


@wp.func
def beside(ax: wp.int64, ay: wp.int64, bx: wp.int64, by: wp.int64, x: wp.int64, y: wp.int64) -> wp.int64:
    """Twice the area of a, b and the place: its sign says on which side of the edge the place lies."""
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax)


@wp.func
def owns(ax: wp.int64, ay: wp.int64, bx: wp.int64, by: wp.int64) -> wp.bool:
    """Whether places on the edge from a to b belong to the triangle on its positive side: one of the two directions of
    each edge does."""
    zero = wp.int64(0)
    return by - ay < zero or (by == ay and bx - ax > zero)


@wp.kernel
def count_crossings(
    points: wp.array(dtype=wp.vec3d),
    triangles: wp.array(dtype=wp.vec3i),
    depth: int,
    counts: wp.array3d(dtype=wp.int32),
):
    corners = triangles[wp.tid()]
    a, second, third = points[corners[0]], points[corners[1]], points[corners[2]]
    zero, unit, half = wp.int64(0), wp.int64(STEPS), wp.int64(HALF)
    ax, ay = snapped(a[0]), snapped(a[1])
    turn = beside(ax, ay, snapped(second[0]), snapped(second[1]), snapped(third[0]), snapped(third[1]))
    if turn == zero:
        return
    front = turn < zero  # rows run downward
    b, c = wp.where(front, third, second), wp.where(front, second, third)
    bx, by, cx, cy = snapped(b[0]), snapped(b[1]), snapped(c[0]), snapped(c[1])
    area = wp.abs(turn)
    step = wp.where(front, 1, -1)
    low_x, high_x = wp.min(ax, wp.min(bx, cx)), wp.max(ax, wp.max(bx, cx))
    low_y, high_y = wp.min(ay, wp.min(by, cy)), wp.max(ay, wp.max(by, cy))
    height, width = counts.shape[0], counts.shape[1]
    first_column = int(wp.max(zero, (low_x + half - wp.int64(1)) / unit))
    last_column = int(wp.min(wp.int64(width - 1), (high_x - half) / unit))
    first_row = int(wp.max(zero, (low_y + half - wp.int64(1)) / unit))
    last_row = int(wp.min(wp.int64(height - 1), (high_y - half) / unit))
    own_a, own_b, own_c = owns(bx, by, cx, cy), owns(cx, cy, ax, ay), owns(ax, ay, bx, by)
    for row in range(first_row, last_row + 1):
        y = wp.int64(row) * unit + half
        for column in range(first_column, last_column + 1):
            x = wp.int64(column) * unit + half
            u, v, w = beside(bx, by, cx, cy, x, y), beside(cx, cy, ax, ay, x, y), beside(ax, ay, bx, by, x, y)
            if u < zero or v < zero or w < zero:
                continue
            if (u == zero and not own_a) or (v == zero and not own_b) or (w == zero and not own_c):
                continue
            z = (wp.float64(u) * a[2] + wp.float64(v) * b[2] + wp.float64(w) * c[2]) / wp.float64(area)
            behind = int(wp.clamp(wp.ceil(z - wp.float64(0.5)), wp.float64(0.0), wp.float64(depth)))
            wp.atomic_add(counts, row, column, behind, step)
