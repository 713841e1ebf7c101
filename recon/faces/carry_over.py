"""Carry the default model's canonical places, regions and face region over to another model's mean head.

The mean is brought onto the default one by a similarity and a smooth warp from the 68 landmarks, then by a few rounds
of closest-point alignment whose displacement is kept smooth by the mesh's Laplacian. A vertex on the skin then takes
what its closest point on the default skin has; each eyeball, a sphere in every model, is carried over by its centre
and radius.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from scipy import sparse
from scipy.interpolate import RBFInterpolator
from scipy.sparse.linalg import splu

from recon.faces.cache import cached, digest
from recon.faces.model import BROW_MARKS, REGIONS, FaceModel
from recon.geometry.closest_points import ClosestPoints, closest_points
from recon.geometry.similarity import fit_similarity
from recon.geometry.surfaces import vertex_normals

STIFFNESS = (
    300.0,
    100.0,
    30.0,
    10.0,
    3.0,
    1.0,
    0.5,
    0.3,
)  # of the displacement's Laplacian against 1 for a closest point
REACH_MM = 12.0  # a closest point farther than this, or on a surface turned away, does not pull
FACE_REACH_MM = 2.5  # after the alignment, a face vertex lies this close to the default face region
NORMAL_COSINE = 0.6
INSIDE = ("mouth_inside", "teeth", "eyes")  # not skin: never what a skin vertex is closest to


@dataclass(frozen=True)
class CarriedOver:
    """What another model's n vertices take from the default one."""

    canonical: np.ndarray  # (n, 3) float32, places in the default's box
    uv: np.ndarray  # (n, 2) float32, NaN away from the face
    region: np.ndarray  # (n,) uint8 labels
    on_face: np.ndarray  # (n,) bool, in the one face region
    residual_mm: np.ndarray  # (n,) float32, distance from the aligned vertex to the default surface


def carry_over(
    vertices: np.ndarray,
    triangles: np.ndarray,
    landmarks: np.ndarray,
    eyeballs: tuple[np.ndarray, ...],
    skin: np.ndarray,
    template: FaceModel,
) -> CarriedOver:
    """Align a mean head to the template's and read the template off at every vertex.

    Args:
        vertices: (n, 3) mm, y up and z forward, any place and scale.
        triangles: (f, 3) int, counter-clockwise outside.
        landmarks: (68,) vertex ids, of what `markup` says of the template.
        eyeballs: vertex ids of each eyeball, the one at low x first; none where the skin goes over the eyes.
        skin: (n,) bool, the vertices of the outer skin, which the closest points pull.
    """
    target = template.mean.numpy().astype(np.float64)
    target_landmarks = target[markup(template)]
    placed = fit_similarity(vertices[landmarks], target_landmarks)(vertices)
    shift = target_landmarks - placed[landmarks]
    warp = RBFInterpolator(placed[landmarks], shift, kernel="linear", smoothing=1.0, degree=0)

    template_triangles = template.triangles.numpy()
    hidden = INSIDE if eyeballs else INSIDE[:-1]  # skin over the eyes is what the eyeballs' fronts are
    inside = np.isin(template.region.numpy(), [REGIONS.index(name) for name in hidden])
    outer = template_triangles[~inside[template_triangles].any(1)]
    aligned = pull_onto(placed + warp(placed), triangles, skin, target, outer)

    canonical_mm = aligned.copy()
    region = np.zeros(len(vertices), np.uint8)
    on_face = np.zeros(len(vertices), bool)
    uv = np.full((len(vertices), 2), np.nan, np.float32)
    residual = np.zeros(len(vertices), np.float32)
    face_ids = np.flatnonzero(template.face.numpy())

    def take(chosen: np.ndarray, found: ClosestPoints, part: np.ndarray, reach_mm: float) -> None:
        canonical_mm[chosen] = np.where((found.distance < reach_mm)[:, None], found.point, canonical_mm[chosen])
        corner = part[found.triangle, found.barycentric.argmax(1)]
        region[chosen] = template.region.numpy()[corner]
        uv[chosen] = found.interpolate(part, template.uv.numpy())
        residual[chosen] = found.distance
        is_face = np.isin(_row_keys(part), _row_keys(template_triangles[face_ids]))
        on_face[chosen] = is_face[found.triangle] & (found.distance < reach_mm)

    take(np.flatnonzero(skin), closest_points(aligned[skin], target, outer), outer, FACE_REACH_MM)
    template_eyes = _eyeballs_of(template, target) if eyeballs else ()
    for ids, eye in zip(eyeballs, template_eyes, strict=True):
        centre, radius = fit_sphere(placed[ids])
        target_centre, target_radius = fit_sphere(target[np.unique(eye)])
        on_sphere = (placed[ids] - centre) * (target_radius / radius) + target_centre
        canonical_mm[ids] = on_sphere
        take(ids, closest_points(on_sphere, target, eye), eye, FACE_REACH_MM)

    low, high = template.canonical_box_mm.numpy().astype(np.float64)
    canonical = ((canonical_mm - low) / (high - low)).astype(np.float32)
    return CarriedOver(canonical, uv, region, on_face, residual)


def fitted(
    kind: str,
    vertices: np.ndarray,
    triangles: np.ndarray,
    landmarks: np.ndarray,
    eyeballs: tuple[np.ndarray, ...],
    skin: np.ndarray,
    template: FaceModel,
) -> CarriedOver:
    """`carry_over`, made once and kept in the cache folder under the kind of model and the fit's inputs."""
    parts = (template.mean, template.triangles, template.region, template.face, markup(template), template.uv)
    key = digest(vertices.astype(np.float32), triangles, landmarks, skin, *(np.asarray(part) for part in parts))
    make = partial(carry_over, vertices, triangles, landmarks, eyeballs, skin, template)
    return CarriedOver(**cached(f"{kind}_fit_{key}", lambda: vars(make())))


def markup(template: FaceModel) -> np.ndarray:
    """(68,) int64 vertex ids where landmarks of other models lie on the template: those of the brows, as ICT publishes
    them, run along the ridge over them (laid on the brows, they make correspondences worse by a quarter)."""
    ids = template.landmarks.numpy().copy()
    ids[BROW_MARKS] = template.over_brows.numpy()
    return ids


def fit_sphere(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Algebraic least-squares sphere through points (n, 3): centre (3,), radius."""
    mean = points.mean(0)
    centred = points - mean
    solution = np.linalg.lstsq(np.c_[2 * centred, np.ones(len(points))], (centred**2).sum(1), rcond=None)[0]
    return solution[:3] + mean, float(np.sqrt(solution[3] + solution[:3] @ solution[:3]))


def pull_onto(
    aligned: np.ndarray, triangles: np.ndarray, skin: np.ndarray, target: np.ndarray, target_triangles: np.ndarray
) -> np.ndarray:
    """Rounds of min_d sum_skin w |v + d - closest(v)|^2 + stiffness |L d|^2, stiff to soft; other vertices follow."""
    laplacian = _uniform_laplacian(triangles, len(aligned))
    bending = (laplacian.T @ laplacian).tocsc()
    target_normals = vertex_normals(torch.as_tensor(target), torch.as_tensor(target_triangles)).numpy()
    skin_ids = np.flatnonzero(skin)
    for stiffness in STIFFNESS:
        found = closest_points(aligned[skin_ids], target, target_triangles, candidates=8)
        normals = vertex_normals(torch.as_tensor(aligned), torch.as_tensor(triangles)).numpy()[skin_ids]
        facing = (found.interpolate(target_triangles, target_normals) * normals).sum(1) > NORMAL_COSINE
        weights = np.full(len(aligned), 1e-4)  # a whisper of "stay" keeps the loose parts in place
        wanted = np.zeros_like(aligned)
        pulled = facing & (found.distance < REACH_MM)
        weights[skin_ids[pulled]] = 1.0
        wanted[skin_ids[pulled]] = (found.point - aligned[skin_ids])[pulled]
        factor = splu((sparse.diags(weights) + stiffness * bending).tocsc())
        aligned = aligned + factor.solve(weights[:, None] * wanted)
    return aligned


def _uniform_laplacian(triangles: np.ndarray, count: int) -> sparse.csr_matrix:
    """(count, count): the vertex minus the mean of its neighbours."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.unique(np.sort(edges, 1), axis=0)
    ones = np.ones(len(edges))
    adjacency = sparse.coo_matrix((ones, (edges[:, 0], edges[:, 1])), (count, count))
    adjacency = (adjacency + adjacency.T).tocsr()
    degree = np.maximum(np.asarray(adjacency.sum(1)).ravel(), 1)
    return sparse.eye(count, format="csr") - sparse.diags(1 / degree) @ adjacency


def _eyeballs_of(template: FaceModel, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The triangles of the template's two eyeballs, the one at low x first."""
    triangles = template.triangles.numpy()
    eyes = triangles[(template.region.numpy()[triangles] == REGIONS.index("eyes")).all(1)]
    x = target[eyes][:, :, 0].mean(1)
    return eyes[x < 0], eyes[x >= 0]


def _row_keys(rows: np.ndarray) -> np.ndarray:
    """One comparable key for each row of vertex ids (f, 3)."""
    rows = np.ascontiguousarray(rows, np.int64)
    return rows.view([("", np.int64)] * 3).ravel()
