"""VRN's volume (Jackson et al., 2017, section 3.1): the head as voxels aligned with the image, 1 inside, 0 outside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from recon.errors import UserError
from recon.faces.model import FaceModel
from recon.faces.outer import closed_head
from recon.geometry.voxelize import voxelize
from recon.photos.framing import EYES_MIDDLE
from recon.synthesis.record import Record
from recon.synthesis.targets.base import image_of
from recon.synthesis.targets.pixels import CAMERA, model_of, vertices_px

FACE_SHARE = 0.0042  # of the image's side for a mm of the mean face, as photos are framed


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

    Not `aligned`: the same head, but seen from the front at FACE_SHARE, its nasion between where frames have the eyes,
    wherever the image shows it: what section 5 compares with. The landmarks stay the image's.

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
    aligned: bool = True

    @property
    def fields(self) -> tuple[str, ...]:
        return ("rgb", "landmarks_px", *CAMERA, *(() if self.aligned else ("rotation",)))

    def __call__(self, record: Record) -> dict[str, Tensor]:
        model = model_of(record, self.model)
        triangles = closed_head(model)
        points = vertices_px(record) if self.aligned else from_the_front(record, self.size)
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


def from_the_front(record: Record, size: int) -> np.ndarray:
    """(n, 3) float64: as `vertices_px`, but of the head turned to the viewer, by parallel rays.

    Raises:
        UserError: the record does not say how the head is turned.
    """
    if not record.rotation.size:
        raise UserError("a volume from the front needs the head's rotation, which fitted photos lack: give renders")
    scale = FACE_SHARE * size
    own = record.vertices_mm.astype(np.float64) @ record.rotation.astype(np.float64)
    return own * (scale, -scale, scale) + (EYES_MIDDLE[0] * size, EYES_MIDDLE[1] * size, 0)


@lru_cache(maxsize=4)
def vertices_of_head(model: FaceModel) -> np.ndarray:
    """(h,) int64, the vertices of the model's closed head."""
    return np.unique(closed_head(model))
