"""What pix2vertex's networks are trained with: L1 on both maps, the normals loss and the mask."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from recon.methods.pix2vertex.mask import mask_loss
from recon.methods.pix2vertex.masked_l1 import masked_l1
from recon.methods.pix2vertex.network import POSITION_UNIT_MM, Maps
from recon.methods.pix2vertex.normals import normals_loss


@dataclass(frozen=True)
class Pix2VertexLossConfig:
    """position, correspondence: the paper's lambda_L1 = 100; normals: its lambda_N = 10, where 0 is the ablation.

    The mask losses are ours: the paper's networks paint the background instead.
    """

    position: float = 100.0
    correspondence: float = 100.0
    normals: float = 10.0
    mask: float = 10.0
    dice: float = 0.5


def pix2vertex_losses(maps: Maps, batch: dict[str, Tensor], weights: Pix2VertexLossConfig) -> dict[str, Tensor]:
    """The weighted terms, by name; their sum is the loss.

    batch: position_mm (B, 3, H, W) in mm, correspondence (B, 3, H, W) in [0, 1], mask (B, 1, H, W) 0/1. The coordinate
    terms run inside the true mask, the mask's over the whole image.
    """
    mask, true_position = batch["mask"], batch["position_mm"] / POSITION_UNIT_MM
    losses = {
        "position": weights.position * masked_l1(maps.position, true_position, mask),
        "correspondence": weights.correspondence * masked_l1(maps.correspondence, batch["correspondence"], mask),
        "mask": weights.mask * mask_loss(maps.mask_logits, mask, weights.dice),
    }
    if weights.normals:
        losses["normals"] = weights.normals * normals_loss(maps.position, true_position, mask)
    return losses
