"""Exact rasterisation: a triangle-id buffer from a warp kernel, perspective-correct interpolation.

The id buffer takes, for each pixel centre, the nearest triangle by a 64-bit atomic minimum on (distance bits << 32 |
id), so the answer does not depend on the order in which threads run. The same source serves CPU and CUDA. Gradients
flow through `interpolate` to attributes and places; the ids themselves (the silhouette) have none. Where nobody asks
for gradients a second kernel interpolates in one pass, the same to rounding.
"""

from __future__ import annotations

import torch
import warp as wp
from torch import Tensor
from torch.nn import functional

from recon.geometry.launch import launch
from recon.geometry.raster_kernel import EMPTY, attributes_at, nearest_triangle

NEAREST_MM = 1.0  # triangles that come nearer to the camera than this are dropped


def rasterize(points_px: Tensor, triangles: Tensor, height: int, width: int, closed: int = 0) -> Tensor:
    """Which triangle each pixel centre sees.

    Args:
        points_px: (V, 3) float32: u right, v down in pixels (centres at +0.5), distance in mm (-z of the camera frame).
        triangles: (F, 3) int32, either winding; F below 2**31.
        height, width: size of the image in pixels.
        closed: the first so many triangles bound closed bodies: those that face away are left out, to the same answer,
            sooner.

    Returns:
        (height, width) int32 triangle ids, -1 where nothing is seen.
    """
    keys, fine = empty_keys(points_px, height, width)
    offer(keys, fine, points_px, triangles, (0, len(triangles)), (height, width), closed=closed)
    return ids_of(keys, height, width)


def rasterize_supersampled(
    points_px: Tensor, triangles: Tensor, height: int, width: int, samples: int, closed: int = 0
) -> tuple[Tensor, Tensor]:
    """`rasterize`, and the same on a grid `samples` times as fine, in one go over the triangles.

    Returns:
        (height, width) and (samples * height, samples * width) int32 triangle ids, -1 where nothing is seen.
    """
    keys, fine = empty_keys(points_px, height, width, samples)
    offer(keys, fine, points_px, triangles, (0, len(triangles)), (height, width), samples, closed)
    return ids_of(keys, height, width), ids_of(fine, samples * height, samples * width)


def rasterize_layers(
    points_px: Tensor, triangles: Tensor, height: int, width: int, samples: int, closed: int, labelled: int
) -> tuple[Tensor, Tensor, Tensor]:
    """A body with what it has on, in one go over the triangles.

    Args:
        closed: the first so many triangles are the body's, see `rasterize`.
        labelled: the first so many are the body's and those of things that hide it; the rest is only on the fine grid.

    Returns:
        int32 triangle ids, -1 where nothing is seen: (height, width) of the body alone; the same with what hides it;
        (samples * height, samples * width) of everything.
    """
    seen, fine = empty_keys(points_px, height, width, samples)
    grid = (height, width)
    offer(seen, fine, points_px, triangles, (0, closed), grid, samples, closed, labelled)
    body = ids_of(seen, height, width)
    if closed < len(triangles):
        offer(seen, fine, points_px, triangles, (closed, len(triangles)), grid, samples, closed, labelled)
    return body, ids_of(seen, height, width), ids_of(fine, samples * height, samples * width)


def nearest_distance(points_px: Tensor, triangles: Tensor, height: int, width: int) -> Tensor:
    """(height, width) float32 mm to the nearest surface at each pixel centre, infinite where there is none."""
    keys, fine = empty_keys(points_px, height, width)
    offer(keys, fine, points_px, triangles, (0, len(triangles)), (height, width))
    return (keys >> 32).to(torch.int32).view(torch.float32).view(height, width)


def empty_keys(points_px: Tensor, height: int, width: int, samples: int = 0) -> tuple[Tensor, Tensor]:
    """EMPTY for each pixel, (P,) int64, and for `samples` x `samples` as many."""
    counts = height * width, height * width * samples**2
    keys, fine = (torch.full((n,), EMPTY, dtype=torch.int64, device=points_px.device) for n in counts)
    return keys, fine


def offer(
    keys: Tensor,
    fine: Tensor,
    points_px: Tensor,
    triangles: Tensor,
    which: tuple[int, int],
    grid: tuple[int, int],
    samples: int = 0,
    closed: int = 0,
    labelled: int | None = None,
) -> None:
    """Draw the triangles of numbers `which` (first, end) into keys: bits of the nearest distance << 32 | triangle id.

    Args:
        keys, fine: from `empty_keys`. grid: height and width. The rest: see `rasterize_layers`; without `labelled` the
            pixels see all.
    """
    points = points_px.detach().float().contiguous()
    triangles = triangles.to(device=points.device, dtype=torch.int32).contiguous()
    mesh = [wp.from_torch(points, dtype=wp.vec3), wp.from_torch(triangles, dtype=wp.vec3i)]
    shown = len(triangles) if labelled is None else labelled
    height, width = grid
    first, end = which
    buffers = [wp.from_torch(keys), samples, wp.from_torch(fine)]
    inputs = [*mesh, first, width, height, NEAREST_MM, closed, shown, *buffers]
    launch(nearest_triangle, end - first, inputs, points.device)


def ids_of(keys: Tensor, height: int, width: int) -> Tensor:
    """(height, width) int32 triangle ids of keys, -1 where nothing is seen."""
    return keys.to(torch.int32).view(height, width)


def barycentric(ids: Tensor, points_px: Tensor, triangles: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Perspective-correct weights at the pixels that see a triangle.

    Args:
        ids: (H, W) int32 from `rasterize`.
        points_px: (V, 3) float, as there; differentiable.
        triangles: (F, 3) int32.

    Returns:
        pixels (P,) int64 flat indices of covered pixels, corners (P, 3) int64 vertex ids, weights (P, 3) float, sum 1.
    """
    width = ids.shape[1]
    pixels = torch.nonzero(ids.view(-1) >= 0).view(-1)
    corners = triangles.index_select(0, ids.view(-1)[pixels].long()).long()
    x = (pixels % width).to(points_px.dtype) + 0.5
    y = torch.div(pixels, width, rounding_mode="floor").to(points_px.dtype) + 0.5
    places = points_px.index_select(0, corners.view(-1)).view(-1, 3, 3)
    dx, dy = places[..., 0] - x[:, None], places[..., 1] - y[:, None]  # relative to the pixel: small numbers
    (ax, bx, cx), (ay, by, cy) = dx.unbind(1), dy.unbind(1)
    area = torch.stack([bx * cy - by * cx, cx * ay - cy * ax, ax * by - ay * bx], 1)
    weights = area / places[..., 2]
    return pixels, corners, weights / weights.sum(1, keepdim=True)


def gather(corners: Tensor, weights: Tensor, attributes: Tensor) -> Tensor:
    """(P, 3) corners and weights, (V, C) attributes -> (P, C) interpolated."""
    return functional.embedding_bag(corners, attributes, per_sample_weights=weights, mode="sum")


def interpolate(ids: Tensor, points_px: Tensor, triangles: Tensor, attributes: Tensor) -> Tensor:
    """Perspective-correct map of a per-vertex quantity; differentiable in attributes and places.

    Args:
        ids: (H, W) int32; points_px: (V, 3); triangles: (F, 3) int32; attributes: (V, C) float.

    Returns:
        (H, W, C) of the attributes' dtype, 0 where nothing is seen.
    """
    flat = attributes.new_zeros(ids.numel(), attributes.shape[1])
    wants_gradient = torch.is_grad_enabled() and (points_px.requires_grad or attributes.requires_grad)
    if wants_gradient or attributes.dtype != torch.float32:
        pixels, corners, weights = barycentric(ids, points_px, triangles)
        flat = flat.index_copy(0, pixels, gather(corners, weights.to(attributes.dtype), attributes))
    else:
        fill(flat, ids, points_px.detach().float(), triangles, attributes)
    return flat.view(*ids.shape, -1)


def fill(found: Tensor, ids: Tensor, points_px: Tensor, triangles: Tensor, attributes: Tensor) -> None:
    """Write the attributes at each pixel into the rows of `found` (H * W, C), where a triangle is seen."""
    mesh = [
        wp.from_torch(points_px.contiguous(), dtype=wp.vec3),
        wp.from_torch(triangles.to(torch.int32).contiguous(), dtype=wp.vec3i),
    ]
    kernel = attributes_at(attributes.shape[1])
    row = wp.types.vector(length=attributes.shape[1], dtype=wp.float32)
    rows = [wp.from_torch(part, dtype=row) for part in (attributes.detach().contiguous(), found)]
    launch(kernel, ids.numel(), [wp.from_torch(ids.contiguous().view(-1)), ids.shape[1], *mesh, *rows], ids.device)
