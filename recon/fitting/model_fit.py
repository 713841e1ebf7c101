"""The face model fitted to what an image shows: shape, expression, pose and focal length in one least-squares problem.

    sum_i w_i |project(R x_i + t) - p_i|^2 / s^2 + |identity|^2 + |expression / 0.5|^2 + 2 c sum(expression)

minimised by Levenberg's and Marquardt's steps with analytic Jacobians; w: Cauchy's weights; s: the residuals' own
median, times 4, as neighbours are wrong together. Expression is held in [0, 1] by an active set, where its sum is its
L1 norm: few units are active. The edges of lips and lids are sought anew before every step. The focal length is known
only as far as the perspective tells it; a prior about a portrait's holds it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recon.faces.model import NASION, FaceModel
from recon.fitting.observed import Observed, Opening
from recon.geometry.cameras import Camera

STEPS, STILL_PX = 14, 0.01
ALIKE = 4.0  # matches side by side are wrong together: each is as good as one of so many times its noise
CAUCHY = 2.5  # medians off at which a match counts half
SMALLEST_SHARE = 4e-4  # of the side: residuals below are the maps' own pixels
EXPRESSION_SPREAD, SPARSITY = 0.5, 0.3
FOV_DEG, FOCAL_SPREAD = 20.0, 0.4  # of the frame about a portrait's face, and of the focal length's logarithm
EDGE_SHARE, POINT_SHARE = 0.002, 0.02  # of the side: how well edges and known points are seen
REACH_SHARE = 0.12  # of the side: an edge is sought so far from where the model has it
NEVER_TOLD = "eyeLook"  # units that turn eyeballs, which no match tells of


@dataclass(frozen=True)
class Fit:
    """A face in an image.

    Attributes:
        identity: (k,), expression: (e,) float64. rotation: (3, 3), translation: (3,) mm: model's frame to camera's.
        camera: of the image.
        residual_px: median distance of the matches; residual_mm: the same on the face.
        outliers: share of the matches that are off by more than 6 medians or 3 % of the eye distance, the greater.
    """

    identity: np.ndarray
    expression: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray
    camera: Camera
    residual_px: float = np.nan
    residual_mm: float = np.nan
    outliers: float = np.nan


def fit_face(model: FaceModel, seen: Observed, focal_px: float | None = None) -> Fit:
    """The model's face that agrees best with an image. focal_px: where it is known; else it is fitted too."""
    problem = Problem(model, seen, focal_px is None)
    fit = start_of(problem, focal_px or Camera.from_fov(FOV_DEG, seen.size_px).focal_px)
    damping = 1e-3
    noise, weights = problem.noise(fit)
    cost = problem.cost(fit, noise, weights)
    for step in range(STEPS):
        equations = problem.equations(fit, noise, weights)
        while damping < 1e6:
            moved = problem.moved(fit, *equations, damping)
            if problem.cost(moved, noise, weights) <= cost:
                break
            damping *= 8
        else:
            break
        change = np.abs(problem.project(moved) - problem.project(fit)).max()
        fit, damping = moved, max(damping / 8, 1e-6)
        noise, weights = problem.noise(fit)
        cost = problem.cost(fit, noise, weights)
        if step > 4 and change < STILL_PX:
            break
    return problem.judged(fit)


def start_of(problem: Problem, focal_px: float) -> Fit:
    """Pose of the mean face by a scaled orthographic camera, in closed form (DeMenthon and Davis 1995, one step)."""
    points, pixels = problem.mean, problem.seen.pixels
    middle, centre = points.mean(0), pixels.mean(0)
    linear = np.linalg.lstsq(points - middle, (pixels - centre) * (1, -1), rcond=None)[0].T  # (2, 3)
    scale = float(np.linalg.norm(linear, axis=1).mean())
    u, _, vt = np.linalg.svd(linear, full_matrices=False)
    first, second = u @ vt
    rotation = np.stack([first, second, np.cross(first, second)])
    size = problem.seen.size_px
    camera = Camera(focal_px, (size / 2, size / 2), size)
    distance = focal_px / scale
    across = (centre - size / 2) * (1, -1) / scale
    translation = np.array([*across, -distance]) - rotation @ middle
    k, e = problem.sizes
    return Fit(np.zeros(k), np.zeros(e), rotation, translation, camera)


class Problem:
    """One image's least squares. Parameters in order: identity, expression, turn (3,), shift (3,), log focal length."""

    def __init__(self, model: FaceModel, seen: Observed, free_focal: bool):
        self.model, self.seen = model, seen
        self.sizes = len(model.identity_basis), len(model.expression_basis)
        self.mean, self.basis = self.points(seen.corners, seen.weights)
        self.edges = [tuple(self.vertices(ids) for ids in (o.upper, o.lower)) for o in seen.openings]
        self.known = [tuple(x.mean(-2, keepdims=True) for x in self.vertices(ids)) for ids, _ in seen.points]
        self.nasion = self.vertices(model.landmarks.numpy()[[NASION]])
        k, e = self.sizes
        spread = np.concatenate([np.ones(k), np.full(e, EXPRESSION_SPREAD), np.full(6, np.inf), [FOCAL_SPREAD]])
        self.prior = 1 / spread**2
        names = model.expression_names
        told = np.ones(k + e + 7, bool)
        told[k : k + e] = [not name.startswith(NEVER_TOLD) for name in names] if len(names) == e else True
        told[-1] = free_focal
        self.told = told
        self.focal = np.log(Camera.from_fov(FOV_DEG, seen.size_px).focal_px)

    def points(self, corners: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(m, 3) mean and (k + e, m, 3) basis, float64, at points of triangles."""
        means = self.model.mean.double().numpy()
        bases = (self.model.identity_basis.numpy(), self.model.expression_basis.numpy())
        mean = np.einsum("mc,mcx->mx", weights, means[corners])
        blended = [sum(weights[:, c, None] * basis[:, corners[:, c]] for c in range(3)) for basis in bases]
        return mean, np.concatenate(blended).astype(np.float64)

    def vertices(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same of vertices."""
        return self.points(np.repeat(ids[:, None], 3, 1), np.tile([1.0, 0, 0], (len(ids), 1)))

    def placed(self, fit: Fit, mean: np.ndarray, basis: np.ndarray) -> np.ndarray:
        """(m, 3) mm of points in the camera's frame."""
        shape = mean + np.tensordot(np.concatenate([fit.identity, fit.expression]), basis, 1)
        return shape @ fit.rotation.T + fit.translation

    def project(self, fit: Fit, points: tuple[np.ndarray, np.ndarray] | None = None) -> np.ndarray:
        """(m, 2) px of points, of the matches without any."""
        places = self.placed(fit, *(points or (self.mean, self.basis)))
        scale = fit.camera.focal_px / -places[:, 2:]
        return np.array(fit.camera.centre_px) + scale * places[:, :2] * (1, -1)

    def jacobian(self, fit: Fit, mean: np.ndarray, basis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels (m, 2) of points and their derivatives (m, 2, parameters)."""
        places = self.placed(fit, mean, basis)
        x, y, z = places.T
        scale = fit.camera.focal_px / -z
        zero = np.zeros_like(x)
        slope = np.stack([np.stack([scale, zero, scale * x / -z], 1), np.stack([zero, -scale, scale * y / z], 1)], 1)
        about = places - fit.translation
        cross = np.zeros((len(x), 3, 3))  # of a small turn about the model's origin
        cross[:, 0, 1], cross[:, 0, 2] = about[:, 2], -about[:, 1]
        cross[:, 1, 0], cross[:, 1, 2] = -about[:, 2], about[:, 0]
        cross[:, 2, 0], cross[:, 2, 1] = about[:, 1], -about[:, 0]
        shape = np.matmul(slope @ fit.rotation, basis.transpose(1, 2, 0))  # (m, 2, k + e)
        spots = np.array(fit.camera.centre_px) + scale[:, None] * places[:, :2] * (1, -1)
        focal = (spots - fit.camera.centre_px)[..., None]
        return spots, np.concatenate([shape, slope @ cross, slope, focal], 2)

    def noise(self, fit: Fit) -> tuple[float, np.ndarray]:
        """The matches' noise in px, the median distance but not below the maps' own, and their robust weights (m,)."""
        off = np.linalg.norm(self.project(fit) - self.seen.pixels, axis=1)
        median = max(float(np.median(off)), SMALLEST_SHARE * self.seen.size_px)
        return median, 1 / (1 + (off / (CAUCHY * median)) ** 2)

    def sights(self, fit: Fit) -> list[tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray, float]]:
        """Edges and known points as the image shows them: model points, aims (m, 2) px, weights (m, 2), noise px."""
        size, found = self.seen.size_px, []
        for opening, edges in zip(self.seen.openings, self.edges, strict=True):
            spots = [self.project(fit, edge) for edge in edges]
            for points, at, (aim, weight) in zip(edges, spots, edges_of(opening, *spots), strict=True):
                found.append((points, np.column_stack([at[:, 0], aim]), weight[:, None] * (0, 1), EDGE_SHARE * size))
        for points, (_, spot) in zip(self.known, self.seen.points, strict=True):
            found.append((points, spot[None], np.ones((1, 2)), POINT_SHARE * size))
        return found

    def cost(self, fit: Fit, noise: float, weights: np.ndarray) -> float:
        """What is minimised, under given noise and weights; edges, which move, are left to the steps."""
        off = ((self.project(fit) - self.seen.pixels) ** 2).sum(1)
        values = np.concatenate([fit.identity, fit.expression])
        prior = self.prior[: len(values)] @ values**2 + 2 * SPARSITY * fit.expression.sum()
        focal = self.prior[-1] * (np.log(fit.camera.focal_px) - self.focal) ** 2
        edges = sum(
            float((w * (self.project(fit, points) - aim) ** 2).sum()) / sigma**2
            for points, aim, w, sigma in self.sights(fit)
        )
        return float(weights @ off) / (ALIKE * noise) ** 2 + prior + focal + edges

    def equations(self, fit: Fit, noise: float, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Normal matrix (p, p) and right-hand side (p,)."""
        spots, slopes = self.jacobian(fit, self.mean, self.basis)
        root = np.sqrt(weights)[:, None] / (ALIKE * noise)
        flat = (slopes * root[..., None]).reshape(-1, slopes.shape[-1])
        matrix, side = flat.T @ flat, flat.T @ ((self.seen.pixels - spots) * root).reshape(-1)
        for points, aim, weight, sigma in self.sights(fit):
            spots, slopes = self.jacobian(fit, *points)
            flat = (slopes * (np.sqrt(weight) / sigma)[..., None]).reshape(-1, slopes.shape[-1])
            matrix += flat.T @ flat
            side += flat.T @ ((aim - spots) * np.sqrt(weight) / sigma).reshape(-1)
        k, e = self.sizes
        values = np.concatenate([fit.identity, fit.expression, np.zeros(6), [np.log(fit.camera.focal_px) - self.focal]])
        matrix[np.diag_indices(len(matrix))] += self.prior
        side -= self.prior * values
        side[k : k + e] -= SPARSITY
        return matrix, side

    def moved(self, fit: Fit, matrix: np.ndarray, side: np.ndarray, damping: float) -> Fit:
        """The fit after one damped step; units that would leave [0, 1] stop there, and the others are solved again."""
        k, e = self.sizes
        damped = matrix + np.diag(damping * np.diag(matrix) + 1e-9)
        free, step = self.told.copy(), np.zeros(len(side))
        for _ in range(8):
            fixed = ~free
            left = side[free] - damped[np.ix_(free, fixed)] @ step[fixed]
            step[free] = np.linalg.solve(damped[np.ix_(free, free)], left)
            amounts = fit.expression + step[k : k + e]
            beyond = free[k : k + e] & ((amounts < 0) | (amounts > 1))
            if not beyond.any():
                break
            ids = k + np.flatnonzero(beyond)
            step[ids] = np.clip(amounts[beyond], 0, 1) - fit.expression[beyond]
            free[ids] = False
        turn, shift = step[k + e : k + e + 3], step[k + e + 3 : k + e + 6]
        return replace(
            fit,
            identity=fit.identity + step[:k],
            expression=np.clip(fit.expression + step[k : k + e], 0, 1),
            rotation=rotation_of(turn) @ fit.rotation,
            translation=fit.translation + shift,
            camera=replace(fit.camera, focal_px=float(fit.camera.focal_px * np.exp(np.clip(step[-1], -1, 1)))),
        )

    def judged(self, fit: Fit) -> Fit:
        """The fit with its residuals."""
        off = np.linalg.norm(self.project(fit) - self.seen.pixels, axis=1)
        scale = fit.camera.focal_px / -float(self.placed(fit, *self.nasion)[0, 2])  # px for a mm
        median = float(np.median(off))
        outliers = float((off > max(6 * median, 0.03 * 62 * scale)).mean())
        return replace(fit, residual_px=median, residual_mm=median / scale, outliers=outliers)


def edges_of(
    opening: Opening, upper: np.ndarray, lower: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """How high (v, px) the image has the edges of an opening at the columns where the model has them, and (m,) 0 or 1
    whether it says so; of the upper edge and of the lower one.

    Args:
        upper, lower: (m, 2) px, where the model has them.
    """
    size = len(opening.inside)
    reach = REACH_SHARE * size
    low, high = (int(np.clip(v, 0, size)) for v in (upper[:, 1].min() - reach, lower[:, 1].max() + reach))
    band = opening.inside[low:high]
    ends = np.sort(np.concatenate([upper[:, 0], lower[:, 0]]))[[0, -1]]
    answers = []
    for edge, is_upper in ((upper, True), (lower, False)):
        other = lower if is_upper else upper
        aim, weight = edge[:, 1].copy(), np.zeros(len(edge))
        for i, (u, _) in enumerate(edge):
            column = int(u)
            if not (0 <= column < size and ends[0] + 1 < u < ends[1] - 1) or not len(band):
                continue
            rows = np.flatnonzero(band[:, column])
            if len(rows):
                aim[i], weight[i] = low + (rows[0] if is_upper else rows[-1] + 1), 1.0
            else:  # shut: the two edges meet half way
                order = np.argsort(other[:, 0])
                aim[i], weight[i] = (edge[i, 1] + np.interp(u, other[order, 0], other[order, 1])) / 2, 1.0
        answers.append((aim, weight))
    return answers[0], answers[1]


def rotation_of(turn: np.ndarray) -> np.ndarray:
    """(3, 3) of a rotation vector (3,) in radians (Rodrigues)."""
    angle = float(np.linalg.norm(turn))
    x, y, z = turn / max(angle, 1e-12)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
