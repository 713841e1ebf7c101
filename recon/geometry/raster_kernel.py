# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false
"""The two warp kernels: what each pixel centre sees of a triangle soup, and attributes there.

Compiled at first use, cached on disk by warp.
"""

from functools import cache
from typing import Any

import warp as wp

EMPTY = 0x7F800000FFFFFFFF  # a key behind all others: bits of an infinite distance, triangle -1
NOTHING = wp.constant(wp.int64(EMPTY))
WIDE = wp.constant(4)  # columns of samples, from which on it pays to find a triangle's edges
FAR = wp.constant(wp.float64(1.0e9))  # columns
SLACK = wp.constant(wp.float64(0.02))  # columns; far above rounding
wp.set_module_options({"enable_backward": False})  # gradients are torch's


@wp.func
def bounds(
    x0: wp.float64, y0: wp.float64, x1: wp.float64, y1: wp.float64, side: wp.float64, samples: wp.float64
) -> wp.vec4d:
    """(p, q, r, s): what lies inside the edge from 0 to 1 has, in row k, columns of at least p + q k and at most
    r + s k; an edge bounds them on one side alone."""
    found = wp.vec4d(-FAR, wp.float64(0.0), FAR, wp.float64(0.0))
    down = side * (y0 - y1)
    if down == wp.float64(0.0):
        return found
    half = wp.float64(0.5)
    slope = (x1 - x0) / (y1 - y0)
    column = (x0 - y0 * slope) * samples + half * slope - half
    if down > wp.float64(0.0):
        found[0] = column
        found[1] = slope
    else:
        found[2] = column
        found[3] = slope
    return found


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
    # A slanted strand covers little of its box: in each row only what lies between its edges is tried.
    slanted = last_column - first_column >= WIDE and last_row > first_row
    edge_a, edge_b, edge_c = wp.vec4d(), wp.vec4d(), wp.vec4d()
    if slanted:
        edge_a = bounds(ax, ay, bx, by, side, wp.float64(samples))
        edge_b = bounds(bx, by, cx, cy, side, wp.float64(samples))
        edge_c = bounds(cx, cy, ax, ay, side, wp.float64(samples))
    for row in range(first_row, last_row + 1):
        y = (wp.float64(row) + half) * step
        down_a, down_b, down_c = side * (ay - y), side * (by - y), side * (cy - y)
        start, end = first_column, last_column
        if slanted:
            r = wp.float64(row)
            low = wp.max(edge_a[0] + r * edge_a[1], wp.max(edge_b[0] + r * edge_b[1], edge_c[0] + r * edge_c[1]))
            high = wp.min(edge_a[2] + r * edge_a[3], wp.min(edge_b[2] + r * edge_b[3], edge_c[2] + r * edge_c[3]))
            start = int(wp.clamp(wp.ceil(low - SLACK), wp.float64(first_column), wp.float64(width)))
            end = int(wp.clamp(high + SLACK, -one, wp.float64(last_column)))
        for column in range(start, end + 1):
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
    first: int,
    width: int,
    height: int,
    nearest: float,
    closed: int,
    labelled: int,
    buffer: wp.array(dtype=wp.int64),
    samples: int,
    fine_buffer: wp.array(dtype=wp.int64),
):
    """Draw triangles from number `first` on into `buffer` at pixel centres and, where `samples` is above 0, into
    `fine_buffer` at so many a pixel and axis. The first `closed` triangles show their fronts alone; only the first
    `labelled` are drawn into `buffer`."""
    t = first + wp.tid()
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
