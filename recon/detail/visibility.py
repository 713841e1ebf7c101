"""Which vertices of a mesh a camera sees, softly: how far what the photo shows there can be trusted."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import KDTree

from recon.geometry.cameras import Camera
from recon.geometry.rasterize import nearest_distance

BUFFER_PX = 1024  # longer side of the mesh in the depth buffer, whatever the photo's resolution
HIDDEN_MM = 1.5  # a vertex this far behind the nearest surface is hidden
GRAZING_DEG = (60.0, 75.0)  # angle from the view at which trust begins to fall, and at which it ends
EDGE_MM = 3.0  # width of the soft edge


def trust(
    vertices: np.ndarray, triangles: np.ndarray, normals: np.ndarray, camera: Camera, image_shape: tuple[int, int]
) -> np.ndarray:
    """Visibility with a soft edge inside of what is seen.

    Args:
        vertices: (m, 3) mm in the camera frame; triangles: (f, 3) int; normals: (m, 3) unit.
        image_shape: height, width of the photo in pixels.

    Returns:
        (m,) float64 in [0, 1]: exactly 0 where hidden, outside the photo or grazing, 1 well inside.
    """
    view = -vertices / np.linalg.norm(vertices, axis=1, keepdims=True)
    begin, end = np.cos(np.radians(GRAZING_DEG))
    facing = np.clip(((normals * view).sum(1) - end) / (begin - end), 0, 1)
    seen = unhidden(vertices, triangles, camera, image_shape) & (facing > 0)
    # Distances to the nearest unseen neighbour of something seen; surfaces beneath, such as an eyeball, don't count.
    of_triangle = seen[triangles]
    crossed = np.unique(triangles[of_triangle.any(1) & ~of_triangle.all(1)])
    border = crossed[~seen[crossed]]
    if not len(border):
        return seen * facing
    soft = np.zeros(len(vertices))
    distance = KDTree(vertices[border]).query(vertices[seen], distance_upper_bound=EDGE_MM)[0]
    soft[seen] = np.minimum(distance / EDGE_MM, 1)
    return facing * soft**2 * (3 - 2 * soft)


def unhidden(vertices: np.ndarray, triangles: np.ndarray, camera: Camera, image_shape: tuple[int, int]) -> np.ndarray:
    """(m,) bool: inside the photo and not behind another part of the mesh."""
    points = camera.project_with_distance(torch.from_numpy(vertices)).numpy()
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    scale = (BUFFER_PX - 2) / (high - low).max()
    placed = np.column_stack([(points[:, :2] - low) * scale + 1, points[:, 2]])
    width, height = (int(side) for side in np.ceil((high - low) * scale) + 2)
    faces = torch.from_numpy(triangles)
    nearest = nearest_distance(torch.from_numpy(placed).float(), faces, height, width).numpy()
    column, row = placed[:, :2].astype(int).T
    inside = ((points[:, :2] >= 0) & (points[:, :2] < image_shape[::-1])).all(1)
    return inside & (points[:, 2] <= nearest[row, column] + HIDDEN_MM)
