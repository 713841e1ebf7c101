# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportAssignmentType=false
# pyright: reportAttributeAccessIssue=false
"""A head seen from inside: how far its surface lies from the middle of the skull, and from the axis below it.

Directions go out from one point for all that lies higher, and level from the vertical line under that point for what
lies lower: head and neck are star-shaped so. Hair is grown on the model's mean head, kept outside by this field, and
carried to the drawn head by how far the surface point in the same direction has moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import warp as wp
from scipy.ndimage import distance_transform_edt, gaussian_filter, maximum_filter
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.geometry.launch import launch

SKULL_CENTRE = wp.constant(wp.vec3(0.0, 20.0, -80.0))  # mm; the origin of all models lies between the eyes
UPPER = wp.constant(48)  # rows from straight up to level
ROWS = wp.constant(102)  # then so many in all, one for each
ROW_MM = wp.constant(4.0)  # of height
COLUMNS = wp.constant(192)  # about the vertical, from the front over the head's left
FAR_MM = wp.constant(400.0)
EAR_MM = 40.0  # ears stand off no further; beyond lie other parts of the body

wp.set_module_options({"enable_backward": False})


@dataclass(frozen=True)
class HeadField:
    """The field of a model's mean head on a grid of directions.

    Attributes:
        bare: (ROWS * COLUMNS,) float32 mm to the surface of head and neck without ears.
        eared: the same outside of everything, ears with a margin: what hair that covers them lies on.
        corners, weights: (ROWS * COLUMNS, 3) int64 vertex ids and barycentric weights of `bare`'s surface points.
        mean: (ROWS * COLUMNS, 3) their places on the mean head.
    """

    bare: Tensor
    eared: Tensor
    corners: Tensor
    weights: Tensor
    mean: Tensor

    def moved(self, vertices: Tensor) -> Tensor:
        """(ROWS * COLUMNS, 3) float32 mm by which a drawn head (n, 3) differs from the mean in each direction."""
        return (
            torch.nn.functional.embedding_bag(self.corners, vertices, per_sample_weights=self.weights, mode="sum")
            - self.mean
        )


@lru_cache(maxsize=4)
def head_field(model: FaceModel) -> HeadField:
    """Cast a ray in each direction of the grid."""
    skull = np.isin(model.region.numpy(), [REGIONS.index(n) for n in ("skin", "lips", "brows", "scalp", "neck")])
    ears = model.region.numpy() == REGIONS.index("ears")
    distance, triangle, weights = cast(model, skull, last=False)
    row, column = distance_transform_edt(triangle < 0, return_distances=False, return_indices=True)  # fill openings
    distance, triangle, weights = distance[row, column], triangle[row, column], weights[row, column]
    outer = cast(model, skull | ears, last=True)[0]
    outer = np.where((outer > distance) & (outer < distance + EAR_MM), outer, distance)
    edges = ("nearest", "wrap")
    eared = distance + gaussian_filter(maximum_filter(outer - distance, 5, mode=edges), 1.5, mode=edges)
    corners = model.triangles.long()[torch.from_numpy(triangle).reshape(-1).long()]
    shares = torch.from_numpy(weights).reshape(-1, 3)
    return HeadField(
        bare=torch.from_numpy(distance).reshape(-1),
        eared=torch.from_numpy(eared).reshape(-1),
        corners=corners,
        weights=shares,
        mean=(model.mean[corners] * shares[..., None]).sum(1),
    )


def cast(model: FaceModel, solid: np.ndarray, last: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where rays leave the triangles among the vertices `solid` (n,) bool.

    Returns:
        (ROWS, COLUMNS) float32 mm, (ROWS, COLUMNS) int32 triangle or -1, (ROWS, COLUMNS, 3) float32 its weights; of
        the first time that a ray leaves, or of the last.
    """
    chosen = np.flatnonzero(solid[model.triangles.numpy()].all(1)).astype(np.int32)
    mesh = wp.Mesh(
        points=wp.array(model.mean.numpy(), dtype=wp.vec3, device="cpu"),
        indices=wp.array(model.triangles.numpy()[chosen].reshape(-1), dtype=wp.int32, device="cpu"),
    )
    distance = torch.zeros(ROWS, COLUMNS)
    found = torch.full((ROWS, COLUMNS), -1, dtype=torch.int32)
    weights = torch.zeros(ROWS, COLUMNS, 3)
    outputs = [wp.from_torch(distance), wp.from_torch(found), wp.from_torch(weights, dtype=wp.vec3)]
    launch(cast_rays, (int(ROWS), int(COLUMNS)), [mesh.id, last, *outputs], distance.device)
    triangle = np.where(found.numpy() >= 0, chosen[found.numpy()], -1)
    return distance.numpy(), triangle, weights.numpy()


def clearance(model: FaceModel, places: Tensor) -> Tensor:
    """(m,) mm by which places (m, 3) about the mean head lie outside it, ears apart; negative inside."""
    found = places.new_empty(len(places))
    inputs = [wp.from_torch(places.contiguous(), dtype=wp.vec3), wp.from_torch(head_field(model).bare)]
    launch(clear_of, len(places), [*inputs, wp.from_torch(found)], places.device)
    return found


@wp.kernel
def cast_rays(
    mesh: wp.uint64,
    last: bool,
    distance: wp.array2d(dtype=float),
    triangle: wp.array2d(dtype=wp.int32),
    weights: wp.array2d(dtype=wp.vec3),
):
    row, column = wp.tid()
    polar = wp.min(float(row) / float(UPPER), 1.0) * 0.5 * wp.pi
    azimuth = float(column) / float(COLUMNS) * 2.0 * wp.pi
    ray = wp.vec3(wp.sin(polar) * wp.sin(azimuth), wp.cos(polar), wp.sin(polar) * wp.cos(azimuth))
    origin = SKULL_CENTRE - wp.vec3(0.0, ROW_MM * float(wp.max(row - UPPER, 0)), 0.0)
    start = wp.float32(0.0)
    for _ in range(8):
        hit = wp.mesh_query_ray(mesh, origin + start * ray, ray, FAR_MM)
        if not hit.result:
            break
        start += hit.t
        if wp.dot(hit.normal, ray) > 0.0:
            distance[row, column] = start
            triangle[row, column] = hit.face
            weights[row, column] = wp.vec3(hit.u, hit.v, 1.0 - hit.u - hit.v)
            if not last:
                break
        start += 0.01


@wp.struct
class Seen:
    """A place in the field: the nearest point of its axis, the unit direction and distance in mm from there, the four
    cells about that direction and their bilinear weights along rows and columns."""

    axis: wp.vec3
    out: wp.vec3
    radius: float
    a: int
    b: int
    c: int
    d: int
    down: float
    right: float


@wp.func
def see(place: wp.vec3) -> Seen:
    """Where a place in mm on or about the mean head falls in the grid."""
    seen = Seen()
    below = wp.max(SKULL_CENTRE[1] - place[1], 0.0)
    seen.axis = SKULL_CENTRE - wp.vec3(0.0, below, 0.0)
    seen.radius = wp.max(wp.length(place - seen.axis), 1.0e-3)
    seen.out = (place - seen.axis) / seen.radius
    r = wp.acos(wp.clamp(seen.out[1], 0.0, 1.0)) * float(UPPER) / (0.5 * wp.pi) + below / ROW_MM
    c = wp.atan2(seen.out[0], seen.out[2]) * float(COLUMNS) / (2.0 * wp.pi)
    if c < 0.0:
        c += float(COLUMNS)
    i = wp.min(int(r), ROWS - 2)
    j = int(c)
    seen.a = i * COLUMNS + j % COLUMNS
    seen.b = i * COLUMNS + (j + 1) % COLUMNS
    seen.c = seen.a + COLUMNS
    seen.d = seen.b + COLUMNS
    seen.down = wp.min(r - float(i), 1.0)
    seen.right = c - float(j)
    return seen


@wp.func
def distance_at(at: Seen, distance: wp.array(dtype=float)) -> float:
    """mm to the surface."""
    upper = wp.lerp(distance[at.a], distance[at.b], at.right)
    return wp.lerp(upper, wp.lerp(distance[at.c], distance[at.d], at.right), at.down)


@wp.func
def move_at(at: Seen, moved: wp.array(dtype=wp.vec3)) -> wp.vec3:
    """mm by which the surface has moved; moved: see `HeadField.moved`."""
    upper = wp.lerp(moved[at.a], moved[at.b], at.right)
    return wp.lerp(upper, wp.lerp(moved[at.c], moved[at.d], at.right), at.down)


@wp.kernel
def clear_of(places: wp.array(dtype=wp.vec3), bare: wp.array(dtype=float), found: wp.array(dtype=float)):
    i = wp.tid()
    at = see(places[i])
    found[i] = at.radius - distance_at(at, bare)
