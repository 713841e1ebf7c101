"""pix2vertex's normals loss (equation 1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from recon.geometry.surfaces import normals_from_positions


def normals_loss(position: Tensor, true_position: Tensor, mask: Tensor) -> Tensor:
    """Equation 1, L(z', z) = |n(z') - n(z)|_1: normals of the depths, inside the eroded true mask.

    position, true_position (B, 3, H, W) float, camera frame, any one unit; mask (B, 1, H, W) float 0/1. As in the
    equation only the depth is judged: n(z') is taken over the true x and y. (Over the predicted ones the tangents of an
    untrained network are near zero, and the gradient of their direction drowns every other loss.) Mean over the pixels
    whose four neighbours are all in the mask, so that no difference reaches over the rim, of sum_c |n'_c - n_c|, which
    lies in [0, 2 sqrt 3]. Both normals come from the same differences: equal maps give exactly 0. -> () float.
    """
    predicted = torch.cat([true_position[:, :2], position[:, 2:]], 1)
    inside = erode(mask)
    difference = (map_normals(predicted) - map_normals(true_position)).abs() * inside
    return difference.sum() / inside.sum().clamp_min(1)


def map_normals(position: Tensor, smallest: float = 1e-6) -> Tensor:
    """Unit normals of a position map by central differences: the cross product of its columns' and rows' tangents.

    position (B, 3, H, W) float, x right, y up, z toward the viewer, image row 0 on top -> (B, 3, H, W) float, pointing
    to the viewer where the map is in the image's order; on the border pixels, differences reach over replicated rows
    and columns. Products of tangents shorter than `smallest` (squared unit) are scaled less than to unit length.
    """
    return normals_from_positions(position, smallest)


def erode(mask: Tensor) -> Tensor:
    """The pixels whose four neighbours are in the mask too; outside of the image counts as outside of the mask.

    (B, 1, H, W) float 0/1 -> same.
    """
    padded = F.pad(mask, (1, 1, 1, 1))
    neighbours = padded[..., 1:-1, 2:] * padded[..., 1:-1, :-2] * padded[..., 2:, 1:-1] * padded[..., :-2, 1:-1]
    return mask * neighbours
