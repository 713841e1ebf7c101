# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
"""The two warp kernels: what each pixel centre sees of a triangle soup, and attributes there.

Compiled at first use, cached on disk by warp.
"""

import warp as wp

wp.set_module_options({"enable_backward": False})  # gradients are torch's


@wp.kernel
def nearest_triangle(
    points: wp.array2d(dtype=wp.float32),
    triangles: wp.array2d(dtype=wp.int32),
    width: int,
    height: int,
    nearest: float,
    front_only: bool,
    buffer: wp.array(dtype=wp.int64),
):
    t = wp.tid()
    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    # The box of pixel centres first: most triangles of a fine mesh hold none. Exact in single precision.
    u_a, u_b, u_c = points[a, 0], points[b, 0], points[c, 0]
    first_column = int(wp.clamp(wp.ceil(wp.min(u_a, wp.min(u_b, u_c)) - 0.5), 0.0, float(width)))
    last_column = int(wp.clamp(wp.floor(wp.max(u_a, wp.max(u_b, u_c)) - 0.5), -1.0, float(width - 1)))
    if first_column > last_column:
        return
    v_a, v_b, v_c = points[a, 1], points[b, 1], points[c, 1]
    first_row = int(wp.clamp(wp.ceil(wp.min(v_a, wp.min(v_b, v_c)) - 0.5), 0.0, float(height)))
    last_row = int(wp.clamp(wp.floor(wp.max(v_a, wp.max(v_b, v_c)) - 0.5), -1.0, float(height - 1)))
    if first_row > last_row:
        return
    wa, wb, wc = points[a, 2], points[b, 2], points[c, 2]
    if wp.min(wa, wp.min(wb, wc)) < nearest:
        return
    # Double precision, so that two triangles agree on the edge they share.
    ax, ay, bx, by = wp.float64(u_a), wp.float64(v_a), wp.float64(u_b), wp.float64(v_b)
    cx, cy = wp.float64(u_c), wp.float64(v_c)
    zero, half, one = wp.float64(0.0), wp.float64(0.5), wp.float64(1.0)
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if area == zero or (front_only and area > zero):  # rows run downward: what faces the viewer turns negative
        return
    side = wp.where(area < zero, -one, one)
    # 1 / distance = u ia + v ib + w ic, for the doubled areas u, v, w of the three parts of the triangle at a point.
    scale = one / area
    ia, ib, ic = scale / wp.float64(wa), scale / wp.float64(wb), scale / wp.float64(wc)
    for row in range(first_row, last_row + 1):
        y = wp.float64(row) + half
        down_a, down_b, down_c = ay - y, by - y, cy - y
        for column in range(first_column, last_column + 1):
            x = wp.float64(column) + half
            u = (bx - x) * down_c - down_b * (cx - x)
            v = (cx - x) * down_a - down_c * (ax - x)
            w = (ax - x) * down_b - down_a * (bx - x)
            if wp.min(side * u, wp.min(side * v, side * w)) >= zero:
                distance = wp.float32(one / (u * ia + v * ib + w * ic))
                # Positive floats sort like their bits.
                key = (wp.int64(wp.cast(distance, wp.int32)) << wp.int64(32)) | wp.int64(t)
                wp.atomic_min(buffer, row * width + column, key)


@wp.kernel
def attributes_at(
    pixels: wp.array(dtype=wp.int32),
    ids: wp.array(dtype=wp.int32),
    width: int,
    points: wp.array2d(dtype=wp.float32),
    triangles: wp.array2d(dtype=wp.int32),
    attributes: wp.array2d(dtype=wp.float32),
    found: wp.array2d(dtype=wp.float32),
):
    """found[i] = perspective-correct attributes at pixels[i], untouched where it sees nothing."""
    i = wp.tid()
    pixel = pixels[i]
    t = ids[pixel]
    if t < 0:
        return
    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    x, y = float(pixel % width) + 0.5, float(pixel // width) + 0.5
    ax, ay = points[a, 0] - x, points[a, 1] - y  # relative to the pixel: small numbers
    bx, by = points[b, 0] - x, points[b, 1] - y
    cx, cy = points[c, 0] - x, points[c, 1] - y
    u = (bx * cy - by * cx) / points[a, 2]
    v = (cx * ay - cy * ax) / points[b, 2]
    w = (ax * by - ay * bx) / points[c, 2]
    share = 1.0 / (u + v + w)
    u, v, w = u * share, v * share, w * share
    for k in range(attributes.shape[1]):
        found[i, k] = u * attributes[a, k] + v * attributes[b, k] + w * attributes[c, k]
