# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
"""The one warp kernel: what each pixel centre sees of a triangle soup. Compiled at first use, cached on disk by warp."""

import warp as wp

wp.config.log_level = wp.LOG_ERROR  # else it tells every process that there is no GPU


@wp.kernel
def nearest_triangle(
    points: wp.array2d(dtype=wp.float32),
    triangles: wp.array2d(dtype=wp.int32),
    width: int,
    height: int,
    nearest: float,
    buffer: wp.array(dtype=wp.int64),
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
