"""Fine detail against the relief that is known."""

from __future__ import annotations

import numpy as np
import torch

from recon.geometry.surfaces import vertex_normals


def correlation(true: np.ndarray, added: np.ndarray) -> float:
    """Pearson's, of two heights (n,), in [-1, 1]: neither their mean nor their scale matters."""
    return float(np.corrcoef(true, added)[0, 1])


def rms(heights: np.ndarray) -> float:
    """Root mean square of (n,) heights, in their unit."""
    return float(np.sqrt((heights**2).mean()))


def normal_angles_deg(vertices: np.ndarray, triangles: np.ndarray, true_normals: np.ndarray) -> np.ndarray:
    """(n,) angle in degrees of the mesh's normal at each vertex from the true one, (n, 3) unit."""
    normals = vertex_normals(torch.from_numpy(vertices), torch.from_numpy(triangles)).numpy()
    return np.degrees(np.arccos((normals * true_normals).sum(1).clip(-1, 1)))
