"""Exact rasterisation: a triangle-id buffer from one warp kernel, barycentric interpolation in torch.

The id buffer takes, for each pixel centre, the nearest triangle by a 64-bit atomic minimum on (distance bits << 32 | id), so
the answer does not depend on the order in which threads run. The same source serves CPU and CUDA. Gradients flow through
`interpolate` to attributes and places; the ids themselves (the silhouette) have none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
import warp as wp
from torch import Tensor
from torch.nn import functional

NEAREST_MM = 1.0  # triangles that come nearer to the camera than this are dropped
EMPTY = 0x7FFFFFFFFFFFFFFF


@lru_cache(maxsize=1)
def kernel() -> Any:
    """The warp kernel, compiled at first use and cached on disk by warp."""
    wp.config.log_level = wp.LOG_WARNING
    wp.init()

    @wp.kernel
    def nearest_triangle(
        points: wp.array2d(dtype=wp.float32),  # type: ignore[valid-type]
        triangles: wp.array2d(dtype=wp.int32),  # type: ignore[valid-type]
        width: int,
        height: int,
        nearest: float,
        buffer: wp.array(dtype=wp.int64),  # type: ignore[valid-type]
    ):
        t = wp.tid()
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        wa, wb, wc = points[a, 2], points[b, 2], points[c, 2]
        if wp.min(wa, wp.min(wb, wc)) < nearest:
            return
        # Double precision, so that two triangles agree on the edge they share.
        ax, ay = wp.float64(points[a, 0]), wp.float64(points[a, 1])
        bx, by = wp.float64(points[b, 0]), wp.float64(points[b, 1])
        cx, cy = wp.float64(points[c, 0]), wp.float64(points[c, 1])
        zero = wp.float64(0.0)
        half = wp.float64(0.5)
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == zero:
            return
        first_column = wp.max(int(wp.ceil(wp.min(ax, wp.min(bx, cx)) - half)), 0)
        last_column = wp.min(int(wp.floor(wp.max(ax, wp.max(bx, cx)) - half)), width - 1)
        first_row = wp.max(int(wp.ceil(wp.min(ay, wp.min(by, cy)) - half)), 0)
        last_row = wp.min(int(wp.floor(wp.max(ay, wp.max(by, cy)) - half)), height - 1)
        ia, ib, ic = wp.float64(1.0) / wp.float64(wa), wp.float64(1.0) / wp.float64(wb), wp.float64(1.0) / wp.float64(wc)
        for row in range(first_row, last_row + 1):
            y = wp.float64(row) + half
            for column in range(first_column, last_column + 1):
                x = wp.float64(column) + half
                u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
                v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
                w = ((ax - x) * (by - y) - (ay - y) * (bx - x)) / area
                if u >= zero and v >= zero and w >= zero:
                    distance = wp.float32(wp.float64(1.0) / (u * ia + v * ib + w * ic))
                    # Positive floats sort like their bits.
                    key = (wp.int64(wp.cast(distance, wp.int32)) << wp.int64(32)) | wp.int64(t)
                    wp.atomic_min(buffer, row * width + column, key)

    return nearest_triangle


def rasterize(points_px: Tensor, triangles: Tensor, height: int, width: int) -> Tensor:
    """Which triangle each pixel centre sees.

    Args:
        points_px: (V, 3) float32: u right, v down in pixels (centres at +0.5), distance in mm (-z of the camera frame).
        triangles: (F, 3) int32, either winding; F below 2**31.
        height, width: size of the image in pixels.

    Returns:
        (height, width) int32 triangle ids, -1 where nothing is seen.
    """
    keys = nearest_keys(points_px, triangles, height, width)
    return torch.where(keys == EMPTY, -1, (keys & 0xFFFFFFFF).to(torch.int32)).view(height, width)


def nearest_distance(points_px: Tensor, triangles: Tensor, height: int, width: int) -> Tensor:
    """(height, width) float32 mm to the nearest surface at each pixel centre, infinite where there is none."""
    keys = nearest_keys(points_px, triangles, height, width)
    distance = (keys >> 32).to(torch.int32).view(torch.float32)
    return torch.where(keys == EMPTY, torch.inf, distance).view(height, width)


def nearest_keys(points_px: Tensor, triangles: Tensor, height: int, width: int) -> Tensor:
    """(height * width,) int64: bits of the nearest distance << 32 | triangle id, or EMPTY; arguments as `rasterize`."""
    points = points_px.detach().float().contiguous()
    triangles = triangles.to(device=points.device, dtype=torch.int32).contiguous()
    keys = torch.full((height * width,), EMPTY, dtype=torch.int64, device=points.device)
    launch = kernel()
    wp.launch(
        launch,
        dim=len(triangles),
        inputs=[wp.from_torch(points), wp.from_torch(triangles), width, height, NEAREST_MM, wp.from_torch(keys)],
        device=wp.device_from_torch(points.device),
        stream=wp.stream_from_torch(torch.cuda.current_stream(points.device)) if points.is_cuda else None,
    )
    return keys


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
    after, before = [1, 2, 0], [2, 0, 1]
    area = dx[:, after] * dy[:, before] - dy[:, after] * dx[:, before]
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
    pixels, corners, weights = barycentric(ids, points_px, triangles)
    flat = attributes.new_zeros(ids.numel(), attributes.shape[1])
    flat = flat.index_copy(0, pixels, gather(corners, weights.to(attributes.dtype), attributes))
    return flat.view(*ids.shape, -1)
