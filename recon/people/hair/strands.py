# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportAssignmentType=false
"""Strands: roots spread evenly over a face model's surface, and ribbons along the centre lines that grow there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import warp as wp
from scipy.spatial import KDTree
from torch import Tensor

from recon.faces.model import FaceModel
from recon.geometry.launch import launch
from recon.geometry.surfaces import vertex_normals
from recon.people.part import Part

wp.set_module_options({"enable_backward": False})


@dataclass(frozen=True)
class Roots:
    """Where strands may grow on a model.

    Attributes:
        corners: (m, 3) int64 vertex ids of the root's triangle. weights: (m, 3) float32, barycentric.
        place, normal: (m, 3) float32 on the mean head, mm and unit.
        lock: (m,) int32, which of some hundred neighbourhoods a root belongs to.
    """

    corners: Tensor
    weights: Tensor
    place: Tensor
    normal: Tensor
    lock: Tensor

    def carried(self, values: Tensor) -> Tensor:
        """(m, C) of values (n, C) at the model's vertices."""
        return torch.nn.functional.embedding_bag(self.corners, values, per_sample_weights=self.weights, mode="sum")

    def chosen(self, which: Tensor) -> Roots:
        """The roots of an index or mask (m,)."""
        return Roots(self.corners[which], self.weights[which], self.place[which], self.normal[which], self.lock[which])


def even_roots(model: FaceModel, density: Tensor, count: int, locks: int) -> Roots:
    """Spread roots over the mean head, `density` (n,) float32 at the vertices; neighbourhoods hold count / locks."""
    corners = model.triangles.long()
    a, b, c = model.mean[corners].unbind(1)
    area = torch.linalg.cross(b - a, c - a).norm(dim=1) * density[corners].mean(1)
    used = torch.nonzero(area > 0).view(-1)
    used = used[along_a_curve(model.mean[corners[used]].mean(1))]  # strata along a curve that fills the surface
    reach = area[used].double().cumsum(0)
    rng = np.random.default_rng(20261120)
    strata = (np.arange(count) + rng.random(count)) / count * float(reach[-1])
    triangle = used[torch.searchsorted(reach, torch.from_numpy(strata)).clamp(max=len(used) - 1)]
    u, v = np.sqrt(rng.random(count)), rng.random(count)
    weights = torch.from_numpy(np.stack([1 - u, u * (1 - v), u * v], 1)).float()
    place = (model.mean[corners[triangle]] * weights[..., None]).sum(1)
    normal = (vertex_normals(model.mean, model.triangles)[corners[triangle]] * weights[..., None]).sum(1)
    centres = place[torch.from_numpy(np.linspace(0, count - 1, min(locks, count)).astype(np.int64))]
    lock = torch.from_numpy(KDTree(centres.numpy()).query(place.numpy())[1]).int()
    return Roots(corners[triangle], weights, place, torch.nn.functional.normalize(normal, dim=1), lock)


def along_a_curve(points: Tensor, bits: int = 10) -> Tensor:
    """(m,) int64 order of points (m, 3) along a Z-order curve: neighbours in it are neighbours in space."""
    span = (points.amax(0) - points.amin(0)).max()
    cell = ((points - points.amin(0)) / span * (2**bits - 1)).long()
    code = torch.zeros(len(points), dtype=torch.int64)
    for bit in range(bits):
        for axis in range(3):
            code |= ((cell[:, axis] >> bit) & 1) << (3 * bit + axis)
    return code.argsort()


def strip_triangles(count: int, points: int) -> Tensor:
    """(count * (points - 1) * 2, 3) int32 of `count` ribbons with two vertices at each of `points` places."""
    enough = 1 << (count - 1).bit_length()  # so that few are made, and kept
    return whole_strip(enough, points)[: count * (points - 1) * 2]


@lru_cache(maxsize=32)
def whole_strip(count: int, points: int) -> Tensor:
    first = (torch.arange(count)[:, None] * points + torch.arange(points - 1)).view(-1, 1) * 2
    return torch.cat([first + torch.tensor([[0, 2, 1]]), first + torch.tensor([[1, 2, 3]])], 1).view(-1, 3).int()


def ribbons(
    region: int,
    lines: Tensor,
    outward: Tensor,
    width: Tensor,
    albedo: Tensor,
    twist: Tensor,
    taper: float,
    gloss: float,
    roughness: float,
) -> Part:
    """Flat strands along centre lines.

    Args:
        region: see `Part`; gloss, roughness too.
        lines: (m, k, 3) float32 mm. outward: (m, k, 3), away from the head, any length.
        width: (m,) mm at the root; taper: share of it at the tip.
        albedo: (m, 2, 3) linear RGB at root and tip.
        twist: (m,) radians about the strand; at 0 the ribbon lies flat on the head.
    """
    count, points = lines.shape[:2]
    rows = count * points * 2
    vertices, normals, colours, tangents = (lines.new_empty(rows, 3) for _ in range(4))
    inputs = [
        *(wp.from_torch(t.contiguous(), dtype=wp.vec3) for t in (lines, outward)),
        wp.from_torch(width.contiguous()),
        wp.from_torch(albedo.contiguous(), dtype=wp.vec3),
        wp.from_torch(twist.contiguous()),
        taper,
        *(wp.from_torch(t, dtype=wp.vec3) for t in (vertices, normals, colours, tangents)),
    ]
    launch(draw_ribbons, (count, points), inputs, lines.device)
    return Part(
        region, vertices, strip_triangles(count, points), normals, colours, tangents, gloss=gloss, roughness=roughness
    )


@wp.kernel
def draw_ribbons(
    lines: wp.array2d(dtype=wp.vec3),
    outward: wp.array2d(dtype=wp.vec3),
    width: wp.array(dtype=float),
    albedo: wp.array2d(dtype=wp.vec3),
    twist: wp.array(dtype=float),
    taper: float,
    vertices: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    colours: wp.array(dtype=wp.vec3),
    tangents: wp.array(dtype=wp.vec3),
):
    i, k = wp.tid()
    last = lines.shape[1] - 1
    tangent = lines[i, wp.min(k + 1, last)] - lines[i, wp.max(k - 1, 0)]
    if wp.length(tangent) < 1.0e-3:  # strands that have reached their end: all points in one place
        tangent = lines[i, 1] - lines[i, 0]
    if wp.length(tangent) < 1.0e-3:
        tangent = wp.vec3(0.0, -1.0, 0.0)
    tangent = wp.normalize(tangent)
    out = outward[i, k] - wp.dot(outward[i, k], tangent) * tangent
    if wp.length(out) < 1.0e-3:
        out = wp.cross(tangent, wp.vec3(0.6, 0.0, 0.8))
    out = wp.normalize(out)
    across = wp.normalize(wp.cross(out, tangent))
    s = float(k) / float(last)
    turned = wp.cos(twist[i]) * across + wp.sin(twist[i]) * out
    half = 0.5 * width[i] * wp.lerp(1.0, taper, s * s)
    for side in range(2):
        sign = float(2 * side - 1)
        row = (i * lines.shape[1] + k) * 2 + side
        vertices[row] = lines[i, k] + sign * half * turned
        normals[row] = wp.normalize(out + sign * 0.5 * turned)  # as if round
        colours[row] = wp.lerp(albedo[i, 0], albedo[i, 1], s)
        tangents[row] = tangent
