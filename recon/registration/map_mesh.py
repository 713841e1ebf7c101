"""Maps to a mesh (Sela et al. 2017, B.1): neighbouring pixels joined, depth discontinuities cut, holes kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from recon.geometry.surfaces import vertex_normals

LONGEST_EDGE = 5.0  # times the median edge: a surface is cut where it is seen within 12 degrees of edge-on


@dataclass(frozen=True)
class MapMesh:
    """The surface that the maps of one image show, one vertex for each pixel that a triangle has.

    Attributes:
        vertices: (m, 3) float64 mm, in the frame of the position map.
        triangles: (f, 3) int64, counter-clockwise seen from the camera.
        correspondence: (m, 3) float64 in [0, 1], places on the canonical face.
        pixels: (m, 2) float64, image places (u, v) of the pixel centres.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    correspondence: np.ndarray
    pixels: np.ndarray

    @cached_property
    def normals(self) -> np.ndarray:
        """(m, 3) float64 unit vertex normals."""
        return vertex_normals(torch.from_numpy(self.vertices), torch.from_numpy(self.triangles)).numpy()

    @cached_property
    def border(self) -> np.ndarray:
        """(f, 3) bool: the edge opposite to each corner belongs to no other triangle."""
        edges = np.sort(np.stack([np.roll(self.triangles, -1, 1), np.roll(self.triangles, -2, 1)], -1), -1)
        keys = (edges[..., 0] * len(self.vertices) + edges[..., 1]).reshape(-1)
        _, which, counts = np.unique(keys, return_inverse=True, return_counts=True)
        return (counts[which] == 1).reshape(-1, 3)


def map_to_mesh(
    position_mm: np.ndarray, correspondence: np.ndarray, mask: np.ndarray, longest_edge: float = LONGEST_EDGE
) -> MapMesh:
    """Join neighbouring valid pixels with triangles, two for four pixels along the shorter diagonal, one for three.

    A triangle is left out where one of its edges is longer than `longest_edge` medians of the map's edges, in space
    or in the embedding: a depth discontinuity, or a pixel that lies.

    Args:
        position_mm: (H, W, 3) mm. correspondence: (H, W, 3). mask: (H, W) bool; a pixel with NaN is invalid too.
    Returns:
        A mesh, empty where no three neighbours are valid.
    """
    height, width = mask.shape
    valid = mask & np.isfinite(position_mm).all(-1) & np.isfinite(correspondence).all(-1)
    places = np.where(valid[..., None], position_mm, np.nan).reshape(-1, 3).astype(np.float64)
    embedded = np.where(valid[..., None], correspondence, np.nan).reshape(-1, 3).astype(np.float64)
    pixel = np.arange(height * width).reshape(height, width)
    corners = [pixel[:-1, :-1], pixel[1:, :-1], pixel[1:, 1:], pixel[:-1, 1:]]  # counter-clockwise in the image
    top_left, low_left, low_right, top_right = (corner.reshape(-1) for corner in corners)
    falling, rising = (
        np.nan_to_num(np.linalg.norm(places[a] - places[b], axis=1), nan=np.inf)
        for a, b in ((top_left, low_right), (low_left, top_right))
    )
    first = np.where(falling <= rising, low_right, top_right)  # third corner of the triangle at the left
    last = np.where(falling <= rising, top_left, low_left)  # third corner of the one at the right
    triangles = np.concatenate([np.stack([top_left, low_left, first], 1), np.stack([low_right, top_right, last], 1)])
    triangles = triangles[valid.reshape(-1)[triangles].all(1)]
    for values in (places, embedded):
        lengths = np.linalg.norm(values[triangles] - values[np.roll(triangles, 1, axis=1)], axis=-1)
        if len(lengths):
            triangles = triangles[(lengths <= longest_edge * np.median(lengths)).all(1)]
    used, renumbered = np.unique(triangles, return_inverse=True)
    row, column = np.divmod(used, width)
    return MapMesh(
        vertices=places[used],
        triangles=renumbered.reshape(-1, 3).astype(np.int64),
        correspondence=embedded[used],
        pixels=np.stack([column + 0.5, row + 0.5], 1),
    )
