"""How near each image comes to a photo that the generator may have learnt by heart."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from synth2real.evaluate.realism import INNER_FACE

SIDE = 24  # px that inner faces are compared at


def nearest_photo(images: np.ndarray, photos: np.ndarray) -> np.ndarray:
    """(N,) distance of each image's inner face to the nearest photo's or its mirror image's, over the mean distance of
    a photo to the nearest other photo: about 1 where nothing is copied, towards 0 for copies.

    images (N, S, S, 3), photos (M, S, S, 3) uint8, M at least 2; brightness and contrast do not matter.
    """
    ours, theirs = _faces(images), _faces(photos)
    both = torch.cat([theirs, _faces(photos[:, :, ::-1])])
    among = torch.cdist(theirs, both)
    rows = torch.arange(len(theirs))
    among[rows, rows] = among[rows, rows + len(theirs)] = torch.inf
    return (torch.cdist(ours, both).min(1).values / among.min(1).values.mean()).numpy()


def _faces(images: np.ndarray) -> torch.Tensor:
    """(N, 3 * SIDE * SIDE) float, of mean 0 and length 1."""
    size = images.shape[1]
    left, top, right, bottom = (round(edge * size) for edge in INNER_FACE)
    faces = torch.from_numpy(np.ascontiguousarray(images[:, top:bottom, left:right])).permute(0, 3, 1, 2).float()
    small = F.interpolate(faces, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False).flatten(1)
    return F.normalize(small - small.mean(1, keepdim=True), dim=1)
