"""The surface of a volume: marching cubes where the probability is one half."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from skimage.measure import marching_cubes

from recon.geometry.patches import connected_parts
from recon.geometry.surfaces import vertex_normals
from recon.methods.vrn.config import VRNConfig

LEVEL = 0.5  # where a volume of 0 and 1 is halved; the authors' code draws the line at 10 of 255
FEWEST = 200  # triangles of a head


@dataclass(frozen=True, eq=False)
class Surface:
    """vertices (k, 3) float64 px: x rightward from the image's left, y upward from its top, z toward the viewer from
    the volume's front; normals (k, 3), outward; triangles (f, 3) int64, counter-clockwise from outside; border (k,)
    bool, those where the volume's end cuts the head."""

    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    border: np.ndarray


def isosurface(probability: np.ndarray, config: VRNConfig) -> Surface | None:
    """The largest part of the surface of a volume (D, V, V) in [0, 1], open where the volume ends; None: no head."""
    if not probability.min() < LEVEL < probability.max():
        return None
    places, triangles, *_ = marching_cubes(probability, LEVEL, gradient_direction="descent")
    triangles = connected_parts(triangles.astype(np.int64))[0]
    if len(triangles) < FEWEST:
        return None
    used, renumbered = np.unique(triangles, return_inverse=True)
    triangles, (layer, row, column) = renumbered.reshape(-1, 3), places[used].T.astype(np.float64)
    ends = np.array(probability.shape)[:, None] - 1
    border = ((places[used].T < 1) | (ends - 1 < places[used].T)).any(0)
    across, down = (column + 0.5) * config.coarser, (row + 0.5) * config.coarser
    vertices = np.column_stack([across, -down, -(layer + 0.5) * config.layer_px])
    normals = vertex_normals(torch.from_numpy(vertices), torch.from_numpy(triangles)).numpy()
    return Surface(vertices, normals, triangles, border)
