"""How well a protocol's figure tells the true error of a mesh: graded on drawn heads whose errors are known.

A head of the default model is found wrong in the ways in which reconstructors are wrong, each by an amount of its own:
another shape (smooth, and in part the mean face instead of this one), points that slid along the surface, noise, a
pose, place and scale that are a little off. The grade is Spearman's rank correlation, over heads, of the protocol's
figure with the mean distance of each vertex from its true place: as they lie, or, for a figure that lays the mesh on
the truth first and so forgives its pose and scale, after the best similarity of the known pairs.

A figure of closest points can't see what slides along a surface, and forgives a wrong shape that lies near: such
figures can grade near .4, while those of known pairs of points come near 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from scipy.spatial.transform import Rotation
from scipy.stats import spearmanr

from recon.faces import load
from recon.faces.model import FaceModel
from recon.faces.variation import varied
from recon.geometry.closest_points import closest_points
from recon.geometry.similarity import fit_similarity

SEED = 880_001
MEAN_SHARE = 0.6  # up to so much of the way to the mean face
SHAPE = 1.0  # standard deviations of the field that bends, up to
SLIDE_MM = 4.0  # up to
NOISE_MM = 0.3  # up to
TURN_DEG, SHIFT_MM, GROWTH = 0.5, 0.5, 0.005  # standard deviations
MOST_POINTS = 1500


@dataclass(frozen=True)
class GradedHead:
    """A face, and what a method might have found of it.

    true, found: (n, 3) float64 mm, the face's vertices, pairs; x right, y up, z toward the viewer. triangles: (f, 3).
    landmarks: (68,) ids.
    """

    true: np.ndarray
    found: np.ndarray
    triangles: np.ndarray
    landmarks: np.ndarray

    def error_mm(self, aligned: bool) -> float:
        """The mean distance of found vertices from true ones; aligned: after the best similarity."""
        laid = fit_similarity(self.found, self.true)(self.found) if aligned else self.found
        return float(np.linalg.norm(laid - self.true, axis=1).mean())

    @property
    def some(self) -> np.ndarray:
        """Ids of at most MOST_POINTS vertices, evenly taken."""
        return np.arange(0, len(self.true), -(-len(self.true) // MOST_POINTS))


def self_grade(figure: Callable[[GradedHead], float], aligned: bool, count: int) -> float | None:
    """Spearman's rank correlation of `figure` with the true vertex error over `count` heads, in [-1, 1].

    aligned: the figure forgives pose and scale. None where count is below 3: no ranks.
    """
    if count < 3:
        return None
    heads = list(graded_heads(load("default"), count, SEED))
    grade = spearmanr([figure(head) for head in heads], [head.error_mm(aligned) for head in heads])
    return float(cast(Any, grade).statistic)


def graded_heads(model: FaceModel, count: int, seed: int) -> Iterator[GradedHead]:
    """Heads 0 to count - 1 of `seed`."""
    used = np.unique(model.triangles.numpy()[model.face.numpy()])
    kept = np.union1d(used, model.landmarks.numpy())  # the jaw line may lie a vertex beyond the region
    triangles = np.searchsorted(kept, model.triangles.numpy()[model.face.numpy()])
    landmarks = np.searchsorted(kept, model.landmarks.numpy())
    mean, basis = model.mean[kept], model.identity_basis[:, kept]
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        identity = torch.from_numpy(rng.normal(size=len(basis)).astype(np.float32))
        own = varied(mean + torch.tensordot(identity, basis, 1), int(rng.integers(2**31)))
        bent = varied(own, int(rng.integers(2**31)))
        true = own.numpy().astype(np.float64)
        found = true + SHAPE * rng.random() * (bent - own).numpy()
        found += MEAN_SHARE * rng.random() * (mean.numpy() - true)
        found = slid(found, triangles, SLIDE_MM * rng.random(), rng)
        found = found + rng.normal(0, NOISE_MM * rng.random(), found.shape)
        turn = Rotation.from_rotvec(np.radians(rng.normal(0, TURN_DEG, 3))).as_matrix()
        found = (1 + rng.normal(0, GROWTH)) * (found @ turn.T) + rng.normal(0, SHIFT_MM, 3)
        yield GradedHead(true, found, triangles, landmarks)


def slid(vertices: np.ndarray, triangles: np.ndarray, amount_mm: float, rng: np.random.Generator) -> np.ndarray:
    """The vertices moved over their own surface, smoothly, by about `amount_mm`."""
    waves, phases = rng.normal(0, 1 / 60.0, (3, 3)), rng.uniform(0, 2 * np.pi, 3)
    moved = vertices + amount_mm * np.cos(vertices @ waves + phases)
    return closest_points(moved, vertices, triangles, candidates=4).point
