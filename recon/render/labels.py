# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportAssignmentType=false, reportGeneralTypeIssues=false
"""The label maps of a head and its parts at pixel centres, in one kernel."""

import torch
import warp as wp
from torch import Tensor

from recon.faces.model import FaceModel
from recon.geometry.launch import launch
from recon.geometry.raster_kernel import weights_at
from recon.render.scenery import Scenery

MAPS = ("position_mm", "normals", "correspondence")  # of three channels

wp.set_module_options({"enable_backward": False})


@wp.kernel
def labels_of_pixels(
    ids: wp.array2d(dtype=wp.int32),
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array(dtype=wp.vec3i),
    places: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    canonical: wp.array(dtype=wp.vec3),
    uv: wp.array(dtype=wp.vec2),
    regions: wp.array(dtype=wp.uint8),
    face: wp.array(dtype=wp.bool),
    mask: wp.array2d(dtype=wp.bool),
    region: wp.array2d(dtype=wp.uint8),
    position: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec3),
    correspondence: wp.array2d(dtype=wp.vec3),
    texture: wp.array2d(dtype=wp.vec2),
):
    """Every output is written where a triangle is seen, the last two where it belongs to the face."""
    i, j = wp.tid()
    t = ids[i, j]
    if t < 0:
        return
    corners = triangles[t]
    a, b, c = corners[0], corners[1], corners[2]
    weights = weights_at(float(j) + 0.5, float(i) + 0.5, points[a], points[b], points[c])
    u, v, w = weights[0], weights[1], weights[2]
    region[i, j] = regions[wp.where(u >= v and u >= w, a, wp.where(v >= w, b, c))]  # the nearest corner's
    position[i, j] = u * places[a] + v * places[b] + w * places[c]
    normal[i, j] = wp.normalize(u * normals[a] + v * normals[b] + w * normals[c])
    if face[t]:
        mask[i, j] = True
        correspondence[i, j] = u * canonical[a] + v * canonical[b] + w * canonical[c]
        texture[i, j] = u * uv[a] + v * uv[b] + w * uv[c]


def label_maps(model: FaceModel, scenery: Scenery, ids: Tensor, points_px: Tensor, places: Tensor) -> dict[str, Tensor]:
    """What each pixel centre sees.

    Args:
        ids: (S, S) int32 and points_px: (n, 3), see `rasterize`. places: (n, 3) mm, of all vertices of `scenery`.

    Returns:
        mask (S, S) bool, pixels of the face region; region (S, S) uint8, 0 where nothing is seen; position_mm and
        normals (S, S, 3), of `places` and unit, NaN where nothing is seen; correspondence (S, S, 3) and uv
        (S, S, 2), NaN outside the mask. All maps float32.
    """
    shape, device = tuple(ids.shape), ids.device
    maps = {name: torch.full((*shape, 3), torch.nan, device=device) for name in MAPS}
    maps["uv"] = torch.full((*shape, 2), torch.nan, device=device)
    mask = torch.zeros(shape, dtype=torch.bool, device=device)
    region = torch.zeros(shape, dtype=torch.uint8, device=device)
    vectors = [places, scenery.normals, model.canonical]
    inputs = [
        wp.from_torch(ids),
        wp.from_torch(points_px, dtype=wp.vec3),
        wp.from_torch(scenery.triangles, dtype=wp.vec3i),
        *(wp.from_torch(vector, dtype=wp.vec3) for vector in vectors),
        wp.from_torch(model.uv, dtype=wp.vec2),
        wp.from_torch(scenery.region),
        wp.from_torch(scenery.face),
        wp.from_torch(mask),
        wp.from_torch(region),
        *(wp.from_torch(maps[name], dtype=wp.vec3) for name in MAPS),
        wp.from_torch(maps["uv"], dtype=wp.vec2),
    ]
    launch(labels_of_pixels, shape, inputs, device)
    return {"mask": mask, "region": region, **maps}
