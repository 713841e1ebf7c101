"""What a mesh in the image shows at each pixel."""

from __future__ import annotations

import torch
from torch import Tensor

from recon.geometry.rasterize import interpolate, rasterize
from recon.methods.base import FaceMaps, FaceMesh

FAR_MM = 4000.0  # from the camera: the rays are parallel, and float32 still tells hundredths of a mm apart
BEHIND_MM = 2.0  # a landmark so far behind all of the triangle that its pixel shows is hidden, as in the labels


def rasterised(
    mesh: FaceMesh, triangles: Tensor, of_face: Tensor, canonical: Tensor, side: int
) -> tuple[FaceMaps, Tensor]:
    """The maps that the mesh shows, 0 outside of the face region; and (B, side, side) mm the least depth z of the
    triangle that is seen at each pixel, infinity where none is.

    triangles: (g, 3) int32, those that are drawn. of_face: (g,) bool, which of them are the face region's. canonical:
    (n, 3) float32, the vertices' places on the canonical face.
    """
    device = mesh.pixels.device
    triangles, of_face = triangles.to(device), of_face.to(device)
    found, depths = [], []
    for vertices, pixels in zip(mesh.vertices_mm.float(), mesh.pixels.float(), strict=True):
        points = torch.cat([pixels, FAR_MM - vertices[:, 2:]], 1).contiguous()
        ids = rasterize(points, triangles, side, side)
        values = interpolate(ids, points, triangles, torch.cat([vertices, canonical.to(device)], 1))
        seen = ids.clamp_min(0).long()
        face = (ids >= 0) & of_face[seen]
        found.append(torch.cat([face[..., None], values * face[..., None]], -1))
        depths.append(vertices[:, 2][triangles.long()].amin(1)[seen].masked_fill(ids < 0, torch.inf))
    mask, position, correspondence = torch.stack(found).permute(0, 3, 1, 2).split([1, 3, 3], 1)
    return FaceMaps(mask, position, correspondence), torch.stack(depths)


def visibility(pixels: Tensor, depth_mm: Tensor, shown_mm: Tensor) -> Tensor:
    """(B, 68) float 0/1: in the image, on a pixel that shows something, and not BEHIND_MM behind that.

    pixels: (B, 68, 2). depth_mm: (B, 68) z toward the viewer. shown_mm: (B, side, side), as `rasterised` gives it.
    """
    side = shown_mm.shape[-1]
    column, row = pixels.nan_to_num(-1).floor().long().unbind(-1)
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
    flat = row.clamp(0, side - 1) * side + column.clamp(0, side - 1)
    return (inside & (depth_mm > shown_mm.flatten(1).gather(1, flat) - BEHIND_MM)).float()


def spread(places: Tensor) -> Tensor:
    """(..., m, 3) -> (...), the root mean square distance from the middle: what a face's size is told by."""
    return (places - places.mean(-2, keepdim=True)).square().sum(-1).mean(-1).sqrt()
