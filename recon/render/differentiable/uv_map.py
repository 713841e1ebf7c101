"""A mesh's values as pictures over its texture, and normals of a surface that such a picture displaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn import functional

from recon.geometry.rasterize import rasterize
from recon.geometry.surfaces import normals_from_positions
from recon.render.differentiable.raster import barycentric

NEAR = 10.0  # any distance from the camera that rasterises


@dataclass(frozen=True, eq=False)
class UvMap:
    """Which place of the mesh each texel of a T x T texture shows; row 0 on top.

    Attributes:
        mask: (T, T) bool, texels that show one. corners: (T T, 3) int64 vertices and weights: (T T, 3) float32 in them;
            a texel that shows none has those of the nearest one that does.
    """

    mask: Tensor
    corners: Tensor
    weights: Tensor

    @property
    def size(self) -> int:
        """T, px."""
        return len(self.mask)

    @classmethod
    def of(cls, triangles: Tensor, uv: Tensor, size: int) -> UvMap:
        """triangles: (f, 3) int. uv: (f, 3, 2) of their corners, u right and v up in [0, 1]."""
        places = torch.stack([uv[..., 0] * size, (1 - uv[..., 1]) * size], -1).float()  # (f, 3, 2)
        points = torch.cat([places, torch.full_like(places[..., :1], NEAR)], -1).flatten(0, 1)
        ids = rasterize(points, torch.arange(len(points), dtype=torch.int32).view(-1, 3), size, size)
        inside = (ids >= 0).numpy()
        nearest = distance_transform_edt(~inside, return_distances=False, return_indices=True)
        row, column = (torch.from_numpy(index.astype(np.int64)).view(-1) for index in np.asarray(nearest))
        seen = ids[row, column].long()
        centre = torch.stack([column, row], 1) + 0.5
        weights = barycentric(places[seen].double() - centre[:, None].double()).float()
        return cls(ids >= 0, triangles.long()[seen], weights)

    def to(self, device: torch.device) -> UvMap:
        """The same on a device."""
        return UvMap(self.mask.to(device), self.corners.to(device), self.weights.to(device))

    def spread(self, values: Tensor) -> Tensor:
        """(B, n, C) at the vertices -> (B, C, T, T)."""
        picked = values.index_select(1, self.corners.view(-1)).unflatten(1, (-1, 3))
        texels = (picked * self.weights.to(values)[:, :, None]).sum(2)  # (B, T T, C)
        return texels.transpose(1, 2).unflatten(2, (self.size, self.size))


def relief_of(places: Tensor, normals: Tensor, displacement: Tensor) -> Tensor:
    """What M' = M + D N adds to the unit normals of M over the texture (DECA, section 4.2): the change that the
    displacement makes to the normals of the texels' grid. 0 where there is none, so that a texture's coarse texels
    take nothing from the mesh's own smooth normals.

    Args:
        places: (B, 3, T, T) mm and normals: (B, 3, T, T) unit, from `UvMap.spread`. displacement: (B, 1, T, T) mm.

    Returns:
        (B, 3, T, T).
    """
    moved = normals_from_positions(places + displacement * functional.normalize(normals, dim=1), SMALLEST_MM2)
    return moved - normals_from_positions(places, SMALLEST_MM2)


SMALLEST_MM2 = 1e-4  # of a texel's area, below which its normal fades instead of exploding
