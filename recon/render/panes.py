# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportAssignmentType=false
"""Panes before a head, for the kernel that shades it: rasterised on their own, they tint what is behind and mirror."""

import warp as wp

from recon.geometry.cameras import Camera
from recon.geometry.raster_kernel import weights_at
from recon.geometry.rasterize import rasterize
from recon.render.scenery import Panes
from recon.render.shading import Lights, through_pane

wp.set_module_options({"enable_backward": False})


@wp.struct
class PaneMesh:
    """`Panes` for kernels, with the ids of the samples and the vertices' places in the image; ids empty: none."""

    ids: wp.array2d(dtype=wp.int32)
    points: wp.array(dtype=wp.vec3)
    triangles: wp.array(dtype=wp.vec3i)
    normals: wp.array(dtype=wp.vec3)
    tint: wp.array(dtype=wp.vec3)


@wp.func
def behind_pane(
    panes: PaneMesh, t: int, x: float, y: float, distance: float, behind: wp.vec3, view: wp.vec3, light: Lights
) -> wp.vec3:
    """Radiance of a surface at `distance` seen through pane triangle t, unchanged where the pane is not before it."""
    if t < 0:
        return behind
    corners = panes.triangles[t]
    a, b, c = corners[0], corners[1], corners[2]
    weights = weights_at(x, y, panes.points[a], panes.points[b], panes.points[c])
    u, v, w = weights[0], weights[1], weights[2]
    if u * panes.points[a][2] + v * panes.points[b][2] + w * panes.points[c][2] > distance:
        return behind
    normal = wp.normalize(u * panes.normals[a] + v * panes.normals[b] + w * panes.normals[c])
    tint = u * panes.tint[a] + v * panes.tint[b] + w * panes.tint[c]
    return through_pane(behind, tint, normal, view, light)


def pane_mesh(panes: Panes | None, camera: Camera, side: int) -> PaneMesh:
    """Rasterise `panes` on `side` x `side` samples."""
    mesh = PaneMesh()
    if panes is None:
        return mesh
    points = camera.project_with_distance(panes.vertices)
    fine = camera.scaled(side // camera.size_px).project_with_distance(panes.vertices)
    mesh.ids = wp.from_torch(rasterize(fine, panes.triangles, side, side))
    mesh.points, mesh.normals, mesh.tint = (
        wp.from_torch(values.contiguous(), dtype=wp.vec3) for values in (points, panes.normals, panes.tint)
    )
    mesh.triangles = wp.from_torch(panes.triangles.contiguous(), dtype=wp.vec3i)
    return mesh
