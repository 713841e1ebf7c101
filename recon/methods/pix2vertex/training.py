"""How pix2vertex's networks are trained: what they learn of a record, their losses, and what a run shows of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.utils import make_grid

from recon.methods.base import FaceGeometry, FaceMaps, device_of
from recon.methods.pix2vertex.losses import Pix2VertexLossConfig, erode, map_normals, pix2vertex_losses
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
from recon.methods.registry import Batch, Method
from recon.synthesis.targets import MapsTarget

DEPTH_SHOWN_MM = 100.0
SHEET_ROWS = 8


def target(config: Pix2VertexConfig, amodal: bool) -> MapsTarget:
    """Position, correspondence, normals and mask at each pixel."""
    return MapsTarget(config.size, amodal, config.parser, config.coarser)


def losses(network: Pix2Vertex, batch: Batch, weights: Pix2VertexLossConfig) -> dict[str, Tensor]:
    """The weighted terms of a batch, by name."""
    return pix2vertex_losses(network(batch["rgb"]), batch, weights)


@torch.no_grad()
def scores(network: Pix2Vertex, held_out: Sequence[Batch]) -> dict[str, float]:
    """Quick figures inside the true mask, for watching a run; `recon.evaluate` has the protocols that count.

    depth_mm         mean |z' - z| after removing each image's median difference
    position_mm      mean distance, nothing removed
    correspondence   mean distance, in the unit box of the canonical face
    normals_deg      mean angle
    mask_iou         of all images' pixels together, at probability 0.5
    """
    depth, position, correspondence, angle, both, either = ([] for _ in range(6))
    for batch in held_out:
        batch = {name: value.to(device_of(network)) for name, value in batch.items()}
        geometry, mask = network.predict_coarse(batch["rgb"]), batch["mask"].bool()
        difference = geometry.position_mm - batch["position_mm"]
        for z, inside in zip(difference[:, 2:], mask, strict=True):
            if inside.any():
                depth.append((z[inside] - z[inside].median()).abs())
        position.append(difference.norm(dim=1, keepdim=True)[mask])
        correspondence.append((geometry.correspondence - batch["correspondence"]).norm(dim=1, keepdim=True)[mask])
        normals = [map_normals(maps) for maps in (geometry.position_mm, batch["position_mm"])]
        cosine = (normals[0] * normals[1]).sum(1, keepdim=True)
        angle.append(torch.rad2deg(cosine.clamp(-1, 1).acos())[erode(batch["mask"]).bool()])
        both.append(((geometry.mask > 0.5) & mask).sum().float())
        either.append(((geometry.mask > 0.5) | mask).sum().float())
    return {
        "depth_mm": float(torch.cat(depth).mean()),
        "position_mm": float(torch.cat(position).mean()),
        "correspondence": float(torch.cat(correspondence).mean()),
        "normals_deg": float(torch.cat(angle).mean()),
        "mask_iou": float(torch.stack(both).sum() / torch.stack(either).sum()),
    }


@torch.no_grad()
def sheet(network: Pix2Vertex, batch: Batch) -> Tensor:
    """(3, H, W) float [0, 1]: a row an image; then correspondence, depth, normals and mask, predicted and true."""
    batch = {name: value[:SHEET_ROWS].to(device_of(network)) for name, value in batch.items()}
    geometry = network.predict_coarse(batch["rgb"])
    truth = FaceGeometry(FaceMaps(batch["mask"], batch["position_mm"], batch["correspondence"]))
    columns = [F.interpolate(batch["rgb"], batch["mask"].shape[-2:], mode="bilinear", antialias=True)]
    for predicted, true in zip(_pictures(geometry), _pictures(truth), strict=True):
        columns += [predicted, true]
    tiles = torch.stack(columns, 1).flatten(0, 1).cpu()  # image by image
    return make_grid(tiles, nrow=len(columns), padding=2)


def _pictures(geometry: FaceGeometry) -> list[Tensor]:
    inside = (geometry.mask > 0.5).float()
    depth = geometry.position_mm[:, 2:] / DEPTH_SHOWN_MM + 0.9
    normals = map_normals(geometry.position_mm) * 0.5 + 0.5
    pictures = [geometry.correspondence * inside, depth * inside, normals * inside, geometry.mask]
    return [picture.clamp(0, 1).expand(-1, 3, -1, -1) for picture in pictures]


METHOD = Method(Pix2Vertex, target, losses, scores, sheet)
