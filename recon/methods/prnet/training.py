"""How PRNet is trained: what it learns of a record, its loss, and what a run shows of it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.utils import make_grid

from recon.methods.base import device_of
from recon.methods.prnet.config import PRNetConfig, PRNetLossConfig
from recon.methods.prnet.losses import position_loss, weight_mask
from recon.methods.prnet.network import PRNet
from recon.methods.prnet.reading import TOPOLOGY, reading_of
from recon.methods.registry import Batch, Method
from recon.synthesis.targets import UvPositionTarget

SHEET_ROWS = 8
ERROR_SHOWN = 0.1  # of the side: white in the sheet


def target(config: PRNetConfig, amodal: bool) -> UvPositionTarget:
    """The position map of the complete face; hidden parts are in it, whether `amodal` or not."""
    return UvPositionTarget(config.size, TOPOLOGY)


def losses(network: PRNet, batch: Batch, weights: PRNetLossConfig) -> dict[str, Tensor]:
    """The weighted terms of a batch, by name."""
    true = batch["uv_position"]
    mask = weight_mask(network.size, tuple(weights.ratios), true.device)
    return {"position": weights.position * position_loss(network(batch["rgb"]), true, mask)}


@torch.no_grad()
def scores(network: PRNet, held_out: Sequence[Batch]) -> dict[str, float]:
    """Quick figures for watching a run; `recon.evaluate` has the protocols that count. Nothing is aligned.

    nme_2d, nme_3d  % mean distance of the 68 landmarks, in the image and with depth, over the root of the area of
                    their true box
    dense_px        mean distance in space over the map where the weight mask is not 0, pixels of the image
    """
    reading, mask = reading_of(network.size), weight_mask(network.size, PRNetLossConfig().ratios, device_of(network))
    flat, deep, dense = [], [], []
    for batch in held_out:
        true = batch["uv_position"].to(device_of(network))
        found = network(batch["rgb"].to(true.device))
        dense.append((found - true).norm(dim=1)[(mask > 0).expand(len(true), -1, -1)])
        marks, seen = (reading(maps)[:, reading.landmarks] for maps in (true, found))  # (B, 68, 3)
        box = (marks.amax(1) - marks.amin(1))[:, :2].prod(1).sqrt()
        flat.append((seen - marks)[..., :2].norm(dim=2).mean(1) / box)
        deep.append((seen - marks).norm(dim=2).mean(1) / box)
    means = {"nme_2d": 100 * torch.cat(flat), "nme_3d": 100 * torch.cat(deep), "dense_px": torch.cat(dense)}
    return {name: float(values.mean()) for name, values in means.items()}


@torch.no_grad()
def sheet(network: PRNet, batch: Batch) -> Tensor:
    """(3, H, W) float [0, 1]: a row an image; then the face's vertices over it, predicted and true, the nearer the
    lighter; the position maps, predicted and true; and how far they are apart, white ERROR_SHOWN of the side."""
    rgb, true = batch["rgb"][:SHEET_ROWS].cpu(), batch["uv_position"][:SHEET_ROWS].cpu()
    found = network(rgb.to(device_of(network))).cpu()
    apart = (found - true).norm(dim=1, keepdim=True) / (ERROR_SHOWN * network.size)
    columns = [rgb, dotted(rgb, found), dotted(rgb, true), shown(found), shown(true), apart.expand(-1, 3, -1, -1)]
    tiles = torch.stack([column.clamp(0, 1) for column in columns], 1).flatten(0, 1)  # image by image
    return make_grid(tiles, nrow=len(columns), padding=2)


def dotted(rgb: Tensor, maps: Tensor) -> Tensor:
    """Images (B, 3, S, S) with a dot where each pixel of a map (B, 3, S, S) that counts in the loss is seen."""
    size = rgb.shape[-1]
    counts = weight_mask(size, PRNetLossConfig().ratios, rgb.device).flatten() > 0
    images = rgb.clone()
    for image, places in zip(images, maps.flatten(2)[:, :, counts], strict=True):
        x, y, z = places[:, places[2].argsort()]  # the nearest last, over the others
        column, row = x.long().clamp(0, size - 1), y.long().clamp(0, size - 1)
        near = (z / size + 0.6).clamp(0.1, 1)
        image[:, row, column] = torch.stack([near, near * 0.9, 1 - near])
    return images


def shown(maps: Tensor) -> Tensor:
    """Position maps (B, 3, S, S) px as colours."""
    return maps / maps.shape[-1] + maps.new_tensor([0.0, 0.0, 0.7])[:, None, None]


METHOD = Method(PRNet, target, losses, scores, sheet)
