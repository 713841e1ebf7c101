"""Triangles that a registration turned over."""

from __future__ import annotations

import numpy as np
import torch

from recon.geometry.surfaces import triangle_normals


def flipped(true: np.ndarray, found: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(f,) bool: the triangle's normal points away from the true one.

    Args:
        true, found: (n, 3) vertices in one frame. triangles: (f, 3) ids.
    """
    one, other = (
        triangle_normals(torch.from_numpy(vertices.astype(np.float64)), torch.from_numpy(triangles)).numpy()
        for vertices in (true, found)
    )
    return (one * other).sum(1) < 0
