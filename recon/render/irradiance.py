# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportAttributeAccessIssue=false
"""Light at each vertex of a mesh by rays: a uniform sky and one directional light, both stopped by what is in the way.

Light reflected from surface to surface is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import warp as wp

from recon.geometry.launch import launch
from recon.geometry.surfaces import vertex_normals

LIFT_MM = 0.01  # rays leave from so far above the surface

wp.set_module_options({"enable_backward": False})


@dataclass(frozen=True)
class Illumination:
    """sky: irradiance of the uniform surroundings. sun: of the directional light, faced. direction: toward it."""

    sky: float
    sun: float = 0.0
    direction: tuple[float, float, float] = (0.0, 0.0, 1.0)


def from_side(angle_deg: float, share: float) -> Illumination:
    """A light `angle_deg` to the right of the camera that gives `share` of what a surface facing both would get."""
    angle = np.radians(angle_deg)
    return Illumination(1 - share, share, (float(np.sin(angle)), 0.0, float(np.cos(angle))))


@wp.kernel
def light_by_rays(
    mesh: wp.uint64,
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    rays: int,
    sky: float,
    sun: float,
    direction: wp.vec3,
    lift: float,
    found: wp.array(dtype=wp.float32),
):
    """Irradiance at each vertex: cosine-weighted rays on a Fibonacci spiral, turned by chance about the normal."""
    i = wp.tid()
    normal = normals[i]
    if wp.dot(normal, points[i]) > 0.0:
        return  # faces away from the camera
    start = points[i] + lift * normal
    helper = wp.where(wp.abs(normal[1]) < 0.9, wp.vec3(0.0, 1.0, 0.0), wp.vec3(1.0, 0.0, 0.0))
    first = wp.normalize(wp.cross(helper, normal))
    second = wp.cross(normal, first)
    turn = 6.2831853 * wp.randf(wp.rand_init(17, i))
    free = wp.float32(0.0)
    for k in range(rays):
        squared = (float(k) + 0.5) / float(rays)  # sine squared of the angle from the normal
        along = turn + 2.3999632 * float(k)
        flat = wp.sqrt(squared) * (wp.cos(along) * first + wp.sin(along) * second)
        if not wp.mesh_query_ray_anyhit(mesh, start, flat + wp.sqrt(1.0 - squared) * normal, 1.0e4):
            free += 1.0
    light = sky * free / float(rays)
    cosine = wp.dot(normal, direction)
    if sun > 0.0 and cosine > 0.0 and not wp.mesh_query_ray_anyhit(mesh, start, direction, 1.0e4):
        light += sun * cosine
    found[i] = light


def irradiance(vertices: np.ndarray, triangles: np.ndarray, light: Illumination, rays: int = 128) -> np.ndarray:
    """(m, 3) mm in the camera frame, (k, 3) -> (m,) float32: 1 where nothing hides a surface that faces the light, 0
    where it faces away from the camera."""
    places = torch.from_numpy(vertices).float().contiguous()
    faces = torch.from_numpy(triangles).int().contiguous()
    normals = vertex_normals(places.double(), faces).float()
    mesh = wp.Mesh(wp.from_torch(places, dtype=wp.vec3), wp.from_torch(faces.view(-1)))
    found = torch.zeros(len(places))
    rows = [wp.from_torch(part, dtype=wp.vec3) for part in (places, normals)]
    strengths = [light.sky, light.sun, wp.vec3(*light.direction), LIFT_MM]
    launch(light_by_rays, len(places), [mesh.id, *rows, rays, *strengths, wp.from_torch(found)], places.device)
    return found.numpy()
