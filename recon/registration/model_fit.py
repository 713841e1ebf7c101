"""Where the template rests before it deforms: the face model's own shape nearest to the places that a map shows.

The paper starts from the mean face after an affine map. A surface that resists bending then has to be bent open at an
open mouth, and its corners, of which a map shows some pixels, never turn far enough. The model knows how they turn: its
identity and expression are fitted first, held by their spread, so that what no map shows follows as well.
"""

from __future__ import annotations

import numpy as np

from recon.faces.model import FaceModel
from recon.geometry.similarity import Affine, fit_affine

ROUNDS = 4
ALIKE = 4.0  # matches side by side are wrong together: each is as good as one of so many times its noise
FAR_MM = 5.0  # matches off by so much count half, and less beyond (Cauchy's weights)
EXPRESSION_SPREAD = 0.5  # of activations; identity's is 1
MOST_MATCHES = 1500


def fit_model(
    template: FaceModel, places: np.ndarray, matched: np.ndarray, affine: Affine
) -> tuple[np.ndarray, Affine]:
    """The model's shape and its affine map that agree best with the matches, in turns and by weighted least squares.

    Args:
        places: (n, 3) mm, of the template's vertices in the map; matched: (n,) bool, those that count.
        affine: of the mean face, to start from.
    Returns:
        (n, 3) float64 mm the shape, and the affine map that brings it onto the places.
    """
    mean = template.mean.double().numpy()
    basis = np.concatenate([template.identity_basis.numpy(), template.expression_basis.numpy()])
    if not len(basis):
        return mean, affine
    ids = np.flatnonzero(matched)
    ids = ids[:: max(1, len(ids) // MOST_MATCHES)]
    spread = np.repeat([1.0, EXPRESSION_SPREAD], [len(template.identity_basis), len(template.expression_basis)])
    shown = np.ascontiguousarray(basis[:, ids]).astype(np.float64)  # (k, m, 3)
    aim, shape, coefficients = places[ids], mean[ids], np.zeros(len(basis))
    for _ in range(ROUNDS):
        off = np.linalg.norm(aim - affine(shape), axis=1)
        weights = 1 / (1 + (off / FAR_MM) ** 2)
        prior = np.diag((ALIKE * np.median(off) / spread) ** 2)
        moved = (shown @ affine.linear.T * np.sqrt(weights)[:, None]).reshape(len(shown), -1)
        left = ((aim - affine(mean[ids])) * np.sqrt(weights)[:, None]).reshape(-1)
        coefficients = np.linalg.solve(moved @ moved.T + prior, moved @ left)
        shape = mean[ids] + np.tensordot(coefficients, shown, 1)
        affine = fit_affine(shape, aim, weights)
    return mean + np.tensordot(coefficients.astype(np.float32), basis, 1), affine
