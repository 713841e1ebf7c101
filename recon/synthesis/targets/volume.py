"""VRN's volume (Jackson et al., 2017, section 3.1): the head as voxels aligned with the image, 1 inside, 0 outside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import FaceModel
from recon.faces.outer import closed_head
from recon.geometry.voxelize import voxelize
from recon.synthesis.record import Record
from recon.synthesis.targets.base import image_of
from recon.synthesis.targets.pixels import CAMERA, model_of, vertices_px


@dataclass(frozen=True)
class VolumeTarget:
    """rgb (3, S, S) float [0, 1]; volume (D, V, V) bool, V = S / coarser, layer 0 nearest to the viewer; front_px ()
    float; landmarks_px (68, 2) float.

    Voxel (d, r, c) is inside where its centre is: u = (c + 0.5) * coarser, v = (r + 0.5) * coarser in the image, and,
    in the same unit, z = front_px - (d + 0.5) * layer_px toward the viewer, 0 at the nasion (`vertices_px`). The
    nearest vertex of the head lies `ahead` of the depth behind layer 0; what does not fit behind is cut off, with the
    image's border too.

    The head is that of `recon.faces.outer.closed_head`: skin down to the clothes, closed across the neck, the lips and
    the lids, with the eyeballs; so eye sockets and mouth are filled. Hidden parts are filled like seen ones.

    size: px, S; the paper's is 192, with faces scaled so that the root of their landmarks' box is 90 px. depth: layers
    D; the paper's are 200. layer_px: a layer's thickness; the authors' code halves z, so theirs is 0.5. model: whose
    mesh the records hold. ahead: share of the depth. coarser: px, a voxel's width and height.
    """

    size: int
    depth: int = 200
    layer_px: float = 0.5
    model: str = "default"
    ahead: float = 0.05
    coarser: int = 1

    @property
    def fields(self) -> tuple[str, ...]:
        return ("rgb", "landmarks_px", *CAMERA)

    def __call__(self, record: Record) -> dict[str, Tensor]:
        model = model_of(record, self.model)
        triangles = closed_head(model)
        points = vertices_px(record)
        front = points[vertices_of_head(model), 2].max() + self.ahead * self.depth * self.layer_px
        voxels = np.column_stack([points[:, :2] / self.coarser, (front - points[:, 2]) / self.layer_px])
        side = self.size // self.coarser
        volume = voxelize(torch.from_numpy(voxels), torch.from_numpy(triangles), (self.depth, side, side))
        return {
            "rgb": image_of(record),
            "volume": volume,
            "front_px": torch.tensor(front, dtype=torch.float32),
            "landmarks_px": torch.from_numpy(np.array(record.landmarks_px, np.float32)),
        }


@lru_cache(maxsize=4)
def vertices_of_head(model: FaceModel) -> np.ndarray:
    """(h,) int64, the vertices of the model's closed head."""
    return np.unique(closed_head(model))
