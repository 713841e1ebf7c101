"""A volume's surface in the face model's vertices: pose, then shape, then what the shape leaves, smoothly.

The paper finds correspondence by ICP. This one starts from the posed mean face, fits the model's identity and
expression to the surface's planes, and lays what the surface has beyond that over the skin as a smooth displacement.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from scipy import sparse
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from recon.faces.model import FaceModel
from recon.faces.outer import outer_skin
from recon.geometry.laplacian import cotangent_laplacian, factor
from recon.geometry.parameterization import boundary_loops
from recon.geometry.similarity import Similarity
from recon.geometry.surfaces import vertex_normals
from recon.methods.vrn.pose import head_of, posed
from recon.methods.vrn.surface import Surface

SAMPLES, ROUNDS = 2500, 16  # vertices of the head, and rounds of the shape's fit
EXPRESSION_SPREAD = 0.5  # of activations; identity's is 1
ALIKE = 2.0  # neighbours are wrong together: each is as good as one of so many times its noise
LEAST_NOISE_MM = 0.3
FIRST_REACH_MM, LAST_REACH_MM = 15.0, 6.0  # from vertex to surface, in the first and last round
ALIGNED = 0.5  # cosine between the normals of a pair
LANDMARK_WEIGHT = 4.0  # of a landmark seen in the image against a vertex's plane
OPENING_MM = 5.0  # from lids and lips: a volume closes these, so they follow the skin around
SMOOTH_MM = 5.0  # waves of the displacement shorter than this are voxels
LOST_MM = 10.0  # a pose that leaves the surface so far from the mean head in the mean is none; true ones leave 4 to 6
LEAST_ON_SURFACE = 0.3  # share of the skin's vertices; of true volumes .6 to .8 are


def fitted(surface: Surface, model: FaceModel, side: int, landmarks_px: np.ndarray | None = None) -> np.ndarray | None:
    """(n, 3) float64 px, the model's vertices in the surface's frame; None where no pose of the head fits it.

    What the volume does not hold (behind its end, inside of mouth and sockets) is the fitted model's own.

    side: px of the image. landmarks_px: (68, 2) where the network sees the landmarks, if it says so.
    """
    pose, away = posed(surface, model, side, landmarks_px)
    if away > LOST_MM:
        return None
    sight = Sight(surface)
    places, on_surface = laid_on(sight, model, *shaped(sight, model, pose, landmarks_px))
    return places if on_surface >= LEAST_ON_SURFACE else None


class Sight:
    """A surface asked for the points near a posed head."""

    def __init__(self, surface: Surface):
        self.surface, self.tree = surface, KDTree(surface.vertices)

    def pairs(self, places: np.ndarray, normals: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of places (m, 3) px with normals: (m,) px behind the plane of the surface's nearest point, that plane's
        normal (m, 3), and (m,) bool, those within reach that face the same way, not at the volume's end."""
        distance, nearest = self.tree.query(places)
        planes = self.surface.normals[nearest]
        behind = ((self.surface.vertices[nearest] - places) * planes).sum(1)
        alike = (planes * normals).sum(1) > ALIGNED
        return behind, planes, alike & (distance < reach) & ~self.surface.border[nearest]


@lru_cache(maxsize=2)
def bases_of(model: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    """(k, n, 3) float32 mm, identity then expression; (k,) how far each coefficient spreads."""
    spread = np.repeat([1.0, EXPRESSION_SPREAD], [len(model.identity_basis), len(model.expression_basis)])
    return np.concatenate([model.identity_basis.numpy(), model.expression_basis.numpy()]), spread


def shaped(
    sight: Sight, model: FaceModel, pose: Similarity, landmarks_px: np.ndarray | None
) -> tuple[np.ndarray, Similarity]:
    """The model's shape (n, 3) mm and its pose: Gauss-Newton on both, held by the coefficients' spread.

    The residuals are the vertices' distances from the surface's planes and, where they are given, the landmarks' from
    where they are seen, in mm.
    """
    head, (basis, spread) = head_of(model), bases_of(model)
    mean, marks = model.mean.double().numpy(), model.landmarks.numpy()
    chosen = slice(None, None, max(1, len(head.ids) // SAMPLES))
    ids, normals = head.ids[chosen], head.normals[chosen]
    shown, shown_marks = basis[:, ids].astype(np.float64), basis[:, marks].astype(np.float64)
    coefficients, noise = np.zeros(len(basis)), 2.0
    for reach in np.geomspace(FIRST_REACH_MM, LAST_REACH_MM, ROUNDS):
        shape = mean[ids] + np.tensordot(coefficients, shown, 1)
        behind, planes, kept = sight.pairs(pose(shape), normals @ pose.rotation.T, reach * pose.scale)
        planes, left = planes[kept] @ pose.rotation, behind[kept] / pose.scale  # in the model's frame, mm
        rows = [rows_of(shape[kept], shown[:, kept], planes)]
        aims, weights = [left], [1 / (1 + (left / (2 * noise)) ** 2)]
        if landmarks_px is not None:
            at = mean[marks] + np.tensordot(coefficients, shown_marks, 1)
            apart = (landmarks_px * (1, -1) - pose(at)[:, :2]) / pose.scale
            for axis in (0, 1):
                rows.append(rows_of(at, shown_marks, np.broadcast_to(pose.rotation[axis], at.shape)))
                aims.append(apart[:, axis])
                weights.append(LANDMARK_WEIGHT / (1 + (apart[:, axis] / (2 * noise)) ** 2))
        design, aim, weight = np.concatenate(rows), np.concatenate(aims), np.concatenate(weights)
        prior = np.concatenate([(ALIKE * noise / spread) ** 2, np.full(7, 1e-6)])
        system = (design * weight[:, None]).T @ design + np.diag(prior)
        aim = (design * weight[:, None]).T @ aim
        aim[: len(spread)] -= prior[: len(spread)] * coefficients
        step = np.linalg.solve(system, aim)
        coefficients = coefficients + step[:-7]
        pose = composed(pose, step[-7:])
        noise = max(1.5 * float(np.median(np.abs(left))), LEAST_NOISE_MM) if len(left) else noise
    return mean + np.tensordot(coefficients.astype(np.float32), basis, 1), pose


def rows_of(places: np.ndarray, shown: np.ndarray, along: np.ndarray) -> np.ndarray:
    """(m, k + 7): how far places (m, 3) mm move along directions (m, 3) for a unit of each of the k coefficients
    `shown` (k, m, 3), of a rotation about each axis, of a shift, and of the scale's logarithm."""
    of_shape = np.einsum("kmc,mc->mk", shown, along)
    return np.column_stack([of_shape, np.cross(places, along), along, (places * along).sum(1)])


def composed(pose: Similarity, step: np.ndarray) -> Similarity:
    """`pose` after the small similarity (7,) of the model's own frame: rotation vector, shift in mm, log of scale."""
    turn, grow = Rotation.from_rotvec(step[:3]).as_matrix(), float(np.exp(step[6]))
    return Similarity(pose.scale * grow, pose.rotation @ turn, pose(step[3:6]))


def laid_on(sight: Sight, model: FaceModel, shape: np.ndarray, pose: Similarity) -> tuple[np.ndarray, float]:
    """The posed shape (n, 3) px, its skin moved onto the surface by a displacement whose short waves are smoothed away;
    and the share of the skin's vertices that are near the surface."""
    skin = outer_skin(model)
    ids, local = np.unique(skin, return_inverse=True)
    places = pose(shape)
    normals = vertex_normals(torch.from_numpy(places), torch.from_numpy(skin)).numpy()[ids]
    behind, planes, near = sight.pairs(places[ids], normals, LAST_REACH_MM * pose.scale)
    kept = near & ~near_openings(model)[ids]
    stiffness, mass = cotangent_laplacian(shape[ids], local.reshape(-1, 3))
    counted = sparse.diags(mass * kept + 1e-6 * mass.mean())
    solve = factor((counted + SMOOTH_MM**2 * stiffness).tocsr())
    moved = solve.solve((mass * kept)[:, None] * behind[:, None] * planes)
    places[ids] += moved
    return places, float(near.mean())


@lru_cache(maxsize=2)
def near_openings(model: FaceModel) -> np.ndarray:
    """(n,) bool: vertices near the lids, the lips and the neck's end, on the mean face."""
    mean = model.mean.double().numpy()
    rims = np.concatenate(boundary_loops(outer_skin(model)))
    return KDTree(mean[rims]).query(mean)[0] < OPENING_MM
