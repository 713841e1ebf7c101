"""A mesh that a network gives, where it gives it, and the rest of the template along with it: nothing to register."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recon.faces.model import FaceModel
from recon.geometry.similarity import fit_affine
from recon.registration.model_fit import fit_model
from recon.registration.parts import pieces_of, place_piece
from recon.registration.register import Registration
from recon.registration.stiffness import biharmonic, follow

REACH_MM = 15.0  # how far beyond told vertices their distance from the model's own shape is followed


def complete(places: np.ndarray, told: np.ndarray, template: FaceModel) -> Registration:
    """The told vertices as they are; near them the rest of the skin follows smoothly, eyeballs and teeth rigidly.

    What follows starts from the model's own shape nearest to the told ones, so an open mouth has its inside.

    Args:
        places: (n, 3) mm, read where told (n,) bool.
    """
    mean, triangles = template.mean.double().numpy(), template.triangles.numpy().astype(np.int64)
    shape, affine = fit_model(template, places, told, fit_affine(mean[told], places[told]))
    rest = affine(shape)
    skin, *others = pieces_of(triangles, len(mean), np.unique(triangles[template.face.numpy()]))
    whole = triangles[np.isin(triangles[:, 0], skin)]
    bending, mass = biharmonic(rest[skin], np.searchsorted(skin, whole))
    bending = (bending + sparse.diags(mass) / REACH_MM**4).tocsr()
    moved = np.where(told[:, None], places, rest)
    moved[skin] = rest[skin] + follow(bending, (moved - rest)[skin], told[skin])
    for piece in others:
        moved[piece] = place_piece(piece, rest, places, told, skin, moved)
    return Registration(moved.astype(np.float32), told, (), rest)
