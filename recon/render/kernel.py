# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
"""The two warp kernels: what each pixel centre sees of a triangle soup, and attributes there.

Compiled at first use, cached on disk by warp.
"""

from functools import cache
from typing import Any

import warp as wp

EMPTY = 0x7F800000FFFFFFFF  # a key behind all others: bits of an infinite distance, triangle -1
NOTHING = wp.constant(wp.int64(EMPTY))
wp.set_module_options({"enable_backward": False})  # gradients are torch's


@wp.func
def draw(
    t: int,
    a: wp.vec3,
    b: wp.vec3,
    c: wp.vec3,
    area: wp.float64,
    samples: int,
    width: int,
    height: int,
    buffer: wp.array(dtype=wp.int64),
):
    """Offer triangle t to the sample centres that it covers, `samples` a pixel along each axis."""
    # The box of sample centres first: most triangles of a fine mesh hold none. Exact in single precision.
    fine = float(samples)
    first_column = int(wp.clamp(wp.ceil(wp.min(a[0], wp.min(b[0], c[0])) * fine - 0.5), 0.0, float(width)))
    last_column = int(wp.clamp(wp.floor(wp.max(a[0], wp.max(b[0], c[0])) * fine - 0.5), -1.0, float(width - 1)))
    first_row = int(wp.clamp(wp.ceil(wp.min(a[1], wp.min(b[1], c[1])) * fine - 0.5), 0.0, float(height)))
    last_row = int(wp.clamp(wp.floor(wp.max(a[1], wp.max(b[1], c[1])) * fine - 0.5), -1.0, float(height - 1)))
    if first_column > last_column or first_row > last_row:
        return
    ax, ay, bx, by = wp.float64(a[0]), wp.float64(a[1]), wp.float64(b[0]), wp.float64(b[1])
    cx, cy = wp.float64(c[0]), wp.float64(c[1])
    zero, half, one = wp.float64(0.0), wp.float64(0.5), wp.float64(1.0)
    side = wp.where(area < zero, -one, one)
    step = one / wp.float64(samples)
    # 1 / distance = u ia + v ib + w ic, for the doubled areas u, v, w of the three parts of the triangle at a point,
    # positive inside.
    scale = side / area
    ia, ib, ic = scale / wp.float64(a[2]), scale / wp.float64(b[2]), scale / wp.float64(c[2])
    for row in range(first_row, last_row + 1):
        y = (wp.float64(row) + half) * step
        down_a, down_b, down_c = side * (ay - y), side * (by - y), side * (cy - y)
        for column in range(first_column, last_column + 1):
            x = (wp.float64(column) + half) * step
            u = (bx - x) * down_c - down_b * (cx - x)
            v = (cx - x) * down_a - down_c * (ax - x)
            w = (ax - x) * down_b - down_a * (bx - x)
            inside = u >= zero and v >= zero and w >= zero
            distance = wp.float32(one / (u * ia + v * ib + w * ic))
            # Positive floats sort like their bits. Without a branch, which would be mispredicted at every edge.
            key = (wp.int64(wp.cast(distance, wp.int32)) << wp.int64(32)) | wp.int64(t)
            wp.atomic_min(buffer, row * width + column, wp.where(inside, key, NOTHING))


@wp.kernel
def nearest_triangle(
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array(dtype=wp.vec3i),
    width: int,
    height: int,
    nearest: float,
    closed: int,
    labelled: int,
    buffer: wp.array(dtype=wp.int64),
    samples: int,
    fine_buffer: wp.array(dtype=wp.int64),
):
    """Fill `buffer` at pixel centres and, where `samples` is above 0, `fine_buffer` at so many a pixel and axis. The
    first `closed` triangles show their fronts alone; only the first `labelled` are drawn into `buffer`."""
    t = wp.tid()
    corners = triangles[t]
    a, b, c = points[corners[0]], points[corners[1]], points[corners[2]]
    # Double precision, so that two triangles agree on the edge they share.
    area = (wp.float64(b[0]) - wp.float64(a[0])) * (wp.float64(c[1]) - wp.float64(a[1])) - (
        wp.float64(b[1]) - wp.float64(a[1])
    ) * (wp.float64(c[0]) - wp.float64(a[0]))
    zero = wp.float64(0.0)
    if area == zero or (t < closed and area > zero):  # rows run downward: what faces the viewer turns negative
        return
    if wp.min(a[2], wp.min(b[2], c[2])) < nearest:
        return
    if t < labelled:
        draw(t, a, b, c, area, 1, width, height, buffer)
    if samples > 0:
        draw(t, a, b, c, area, samples, samples * width, samples * height, fine_buffer)


@wp.func
def weights_at(x: float, y: float, a: wp.vec3, b: wp.vec3, c: wp.vec3):
    """Perspective-correct weights of the corners a, b, c (pixels and distance) at a place in the image: (3,), sum 1."""
    ax, ay = a[0] - x, a[1] - y  # relative to the place: small numbers
    bx, by = b[0] - x, b[1] - y
    cx, cy = c[0] - x, c[1] - y
    weights = wp.vec3((bx * cy - by * cx) / a[2], (cx * ay - cy * ax) / b[2], (ax * by - ay * bx) / c[2])
    return weights / (weights[0] + weights[1] + weights[2])


@cache
def attributes_at(channels: int) -> Any:
    """The kernel for rows of so many channels: their number known when it is compiled makes it twice as fast."""
    row = wp.types.vector(length=channels, dtype=wp.float32)

    @wp.kernel(module="unique")
    def attributes_at(
        ids: wp.array(dtype=wp.int32),
        width: int,
        points: wp.array(dtype=wp.vec3),
        triangles: wp.array(dtype=wp.vec3i),
        attributes: wp.array(dtype=row),
        found: wp.array(dtype=row),
    ):
        """found[pixel] = perspective-correct attributes, untouched where it sees nothing."""
        pixel = wp.tid()
        t = ids[pixel]
        if t < 0:
            return
        corners = triangles[t]
        a, b, c = corners[0], corners[1], corners[2]
        x, y = float(pixel % width) + 0.5, float(pixel // width) + 0.5
        weights = weights_at(x, y, points[a], points[b], points[c])
        found[pixel] = weights[0] * attributes[a] + weights[1] * attributes[b] + weights[2] * attributes[c]

    return attributes_at
