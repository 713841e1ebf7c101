"""What each pixel of a batch of images sees of one mesh in many shapes, with gradients to where its vertices are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from recon.geometry.rasterize import gather, rasterize

FAR_PX = 4000.0  # from the camera: rays are parallel, and float32 still tells hundredths of a pixel of depth apart


@dataclass(frozen=True)
class Fragments:
    """The P pixels of B images that see a triangle.

    Attributes:
        pixels: (P,) int64, flat places in (B, S, S). triangles: (P,) int64.
        corners: (P, 3) int64, vertices in (B n). weights: (P, 3) float, barycentric, sum 1; differentiable.
        count, side: B and S.
    """

    pixels: Tensor
    triangles: Tensor
    corners: Tensor
    weights: Tensor
    count: int
    side: int

    def of_vertices(self, values: Tensor) -> Tensor:
        """(B, n, C) at the vertices -> (P, C)."""
        return gather(self.corners, self.weights.to(values.dtype), values.flatten(0, 1))

    def of_corners(self, values: Tensor) -> Tensor:
        """(f, 3, C) at the triangles' corners, the same in all images -> (P, C)."""
        return (values[self.triangles] * self.weights[..., None].to(values.dtype)).sum(1)

    def image(self, values: Tensor) -> Tensor:
        """(P, C) -> (B, C, S, S), 0 where nothing is seen."""
        flat = values.new_zeros(self.count * self.side**2, values.shape[1]).index_copy(0, self.pixels, values)
        return flat.view(self.count, self.side, self.side, -1).permute(0, 3, 1, 2)


def fragments(points_px: Tensor, triangles: Tensor, side: int) -> Fragments:
    """What is seen of the triangles that face the viewer.

    Args:
        points_px: (B, n, 3) float: u rightward, v downward, centres at +0.5; z toward the viewer, px.
        triangles: (f, 3) int32, counter-clockwise from outside.
        side: px, S.
    """
    count, vertices = points_px.shape[:2]
    fixed = points_px.detach().float()
    fixed = torch.cat([fixed[..., :2], FAR_PX - fixed[..., 2:]], -1)
    ids = torch.stack([rasterize(one, triangles, side, side, len(triangles)) for one in fixed]).view(-1)
    pixels = (ids >= 0).nonzero()[:, 0]
    seen = ids[pixels].long()
    image = torch.div(pixels, side**2, rounding_mode="floor")
    corners = triangles.long()[seen] + image[:, None] * vertices
    across = points_px[..., :2].flatten(0, 1).index_select(0, corners.view(-1)).view(-1, 3, 2)
    row = torch.div(pixels - image * side**2, side, rounding_mode="floor")
    centre = torch.stack([pixels % side, row], 1).to(points_px.dtype) + 0.5
    return Fragments(pixels, seen, corners, barycentric(across - centre[:, None]), count, side)


def barycentric(corners: Tensor) -> Tensor:
    """(P, 3, 2) corners of triangles relative to a place -> (P, 3) its weights in them, sum 1."""
    (ax, bx, cx), (ay, by, cy) = corners[..., 0].unbind(1), corners[..., 1].unbind(1)
    area = torch.stack([bx * cy - by * cx, cx * ay - cy * ax, ax * by - ay * bx], 1)
    return area / area.sum(1, keepdim=True)
