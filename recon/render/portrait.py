# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportAssignmentType=false
"""The light of a painted head on each pixel: interpolation, paint and shading in one kernel, averaged over samples."""

import warp as wp
from torch import Tensor

from recon.faces.appearance import Appearance
from recon.faces.noise import volume
from recon.faces.paint import Person, paint, person_of, slow_row
from recon.geometry.cameras import Camera
from recon.geometry.launch import launch
from recon.render.kernel import weights_at
from recon.render.shading import Lighting, Lights, lights_of, shade

wp.set_module_options({"enable_backward": False})


@wp.kernel
def light_of_pixels(
    ids: wp.array2d(dtype=wp.int32),
    samples: int,
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array(dtype=wp.vec3i),
    slow: wp.array(dtype=slow_row),
    normals: wp.array(dtype=wp.vec3),
    occlusion: wp.array(dtype=wp.vec3),
    arriving: wp.array(dtype=wp.float32),
    focal: float,
    centre: wp.vec2,
    who: Person,
    light: Lights,
    noise: wp.array(dtype=wp.vec2),
    found: wp.array2d(dtype=wp.vec3),
    cover: wp.array2d(dtype=wp.float32),
):
    """found[pixel] = mean light of the samples that see the head, cover[pixel] = their share."""
    row, column = wp.tid()
    total, seen = wp.vec3(), wp.float32(0.0)
    step = 1.0 / float(samples)
    for i in range(row * samples, (row + 1) * samples):
        for j in range(column * samples, (column + 1) * samples):
            t = ids[i, j]
            if t >= 0:
                x, y = (float(j) + 0.5) * step, (float(i) + 0.5) * step
                corners = triangles[t]
                a, b, c = corners[0], corners[1], corners[2]
                weights = weights_at(x, y, points[a], points[b], points[c])
                u, v, w = weights[0], weights[1], weights[2]
                surface = paint(who, u * slow[a] + v * slow[b] + w * slow[c], noise)
                normal = wp.normalize(u * normals[a] + v * normals[b] + w * normals[c])
                view = wp.normalize(wp.vec3(centre[0] - x, y - centre[1], focal))
                open_sky = u * occlusion[a] + v * occlusion[b] + w * occlusion[c]
                lit = u * arriving[a] + v * arriving[b] + w * arriving[c]
                total += shade(surface, normal, view, open_sky, lit, light)
                seen += 1.0
    found[row, column] = total / wp.max(seen, 1.0)
    cover[row, column] = seen / float(samples * samples)


def head_light(
    ids: Tensor,
    points_px: Tensor,
    triangles: Tensor,
    slow: Tensor,
    normals: Tensor,
    occlusion: Tensor,
    arriving: Tensor,
    camera: Camera,
    appearance: Appearance,
    lighting: Lighting,
) -> tuple[Tensor, Tensor]:
    """What a camera receives of a painted head.

    Args:
        ids: (samples * S, samples * S) int32 triangle ids of the samples, from `rasterize_supersampled`.
        points_px: (V, 3) as there; triangles: (F, 3) int32.
        slow: (V, len(Slow)) from `slow_values`. normals: (V, 3) camera frame.
        occlusion: (V, 3) from `colour_occlusion`. arriving: (V,) share of the first light, from `lit`.

    Returns:
        (S, S, 3) float32 mean linear light of each pixel's samples on the head, (S, S) float32 share of them.
    """
    size = camera.size_px
    light = slow.new_empty(size, size, 3)
    cover = slow.new_empty(size, size)
    inputs = [
        wp.from_torch(ids),
        ids.shape[0] // size,
        wp.from_torch(points_px, dtype=wp.vec3),
        wp.from_torch(triangles, dtype=wp.vec3i),
        wp.from_torch(slow, dtype=slow_row),
        wp.from_torch(normals, dtype=wp.vec3),
        wp.from_torch(occlusion, dtype=wp.vec3),
        wp.from_torch(arriving),
        camera.focal_px,
        wp.vec2(*camera.centre_px),
        person_of(appearance),
        lights_of(lighting, slow.device),
        wp.from_torch(volume(str(slow.device)), dtype=wp.vec2),
        wp.from_torch(light, dtype=wp.vec3),
        wp.from_torch(cover),
    ]
    launch(light_of_pixels, (size, size), inputs, slow.device)
    return light, cover
