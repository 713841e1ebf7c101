"""Which vertices of a mesh a camera sees, softly: the share to which what the photo shows there can be trusted."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from recon.geometry.cameras import Camera
from recon.mesh.heat import diffuse
from recon.render.rasterize import nearest_distance

BUFFER_PX = 1024  # longer side of the mesh in the depth buffer, whatever the photo's resolution
HIDDEN_MM = 1.5  # a vertex this far behind the nearest surface is hidden
GRAZING_DEG = (60.0, 75.0)  # angle from the view at which trust begins to fall, and at which it ends
EDGE_MM = 1.5  # about half the width of the soft edge


def trust(
    vertices: np.ndarray,
    triangles: np.ndarray,
    normals: np.ndarray,
    camera: Camera,
    image_shape: tuple[int, int],
    operator: tuple[Any, np.ndarray],
) -> np.ndarray:
    """Visibility with a soft edge.

    Args:
        vertices: (m, 3) mm in the camera frame; triangles: (f, 3) int; normals: (m, 3) unit.
        image_shape: height, width of the photo in pixels. operator: (laplacian, mass) of the mesh.

    Returns:
        (m,) float64 in [0, 1]: exactly 0 where unseen, outside the photo or grazing, 1 well inside.
    """
    points = camera.project_with_distance(torch.from_numpy(vertices)).numpy()
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    scale = (BUFFER_PX - 2) / (high - low).max()
    placed = np.column_stack([(points[:, :2] - low) * scale + 1, points[:, 2]])
    width, height = (np.ceil((high - low) * scale) + 2).astype(int)
    nearest = nearest_distance(
        torch.from_numpy(placed).float(), torch.from_numpy(triangles), int(height), int(width)
    ).numpy()
    column, row = placed[:, :2].astype(int).T
    inside = ((points[:, :2] >= 0) & (points[:, :2] < image_shape[::-1])).all(1)
    seen = inside & (points[:, 2] > 0) & (points[:, 2] <= nearest[row, column] + HIDDEN_MM)
    view = -vertices / np.linalg.norm(vertices, axis=1, keepdims=True)
    begin, end = np.cos(np.radians(GRAZING_DEG))
    facing = np.clip(((normals * view).sum(1) - end) / (begin - end), 0, 1)
    laplacian, mass = operator
    near_edge = diffuse(laplacian, mass, (seen & (facing > 0)).astype(float), EDGE_MM**2)
    soft = np.clip(2 * near_edge - 1, 0, 1)  # a half at a straight edge
    return seen * facing * soft * soft * (3 - 2 * soft)
