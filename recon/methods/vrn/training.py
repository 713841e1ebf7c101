"""How VRN is trained: what it learns of a record, its losses, and what a run shows of it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.utils import make_grid

from recon.methods.base import device_of
from recon.methods.registry import Batch, Method
from recon.methods.vrn.config import VRNConfig, VRNLossConfig
from recon.methods.vrn.heat_maps import heat_loss, places_in
from recon.methods.vrn.losses import volume_loss
from recon.methods.vrn.network import VRN
from recon.synthesis.targets import VolumeTarget

SHEET_ROWS = 8


def target(config: VRNConfig, amodal: bool) -> VolumeTarget:
    """The filled head and the landmarks; hidden parts are in it, whether `amodal` or not."""
    shape = config.size, config.depth, config.layer_px
    return VolumeTarget(*shape, coarser=config.coarser, aligned=config.aligned)


def losses(network: VRN, batch: Batch, weights: VRNLossConfig) -> dict[str, Tensor]:
    """The weighted terms of a batch, by name; the guided network sees the true landmarks."""
    config, marks = network.config, batch["landmarks_px"]
    found = network(batch["rgb"], marks if config.variant == "guided" else None)
    terms = {"volume": weights.volume * volume_loss(found.volume, batch["volume"])}
    if found.heat is not None:
        terms["landmarks"] = weights.landmarks * heat_loss(found.heat, marks / config.coarser, config.sigma_px)
    return terms


@torch.no_grad()
def scores(network: VRN, held_out: Sequence[Batch]) -> dict[str, float]:
    """Quick figures for watching a run; `recon.evaluate` has the protocols that count. Nothing is aligned.

    loss_share  the volume's loss over that of the held-out volumes' mean, which knows no image
    iou         % of the voxels inside of either volume, predicted or true, that are inside of both
    front_px    mean distance in depth of the first surfaces, where both have one, pixels of the image
    nme_2d      % mean distance of the landmarks that the network finds, over the root of the area of their true box
    """
    config, device = network.config, device_of(network)
    share = torch.stack([batch["volume"].float().mean(0) for batch in held_out]).mean(0)
    blind = float(torch.special.entr(share).mean() + torch.special.entr(1 - share).mean())
    shared, off, marks = [], [], []
    terms = []
    for batch in held_out:
        true = batch["volume"].to(device)
        found = network(batch["rgb"].to(device))
        inside = found.volume > 0
        terms.append(volume_loss(found.volume, true))
        shared.append((inside & true).sum((1, 2, 3)) / (inside | true).sum((1, 2, 3)).clamp_min(1))
        both = inside.any(1) & true.any(1)
        apart = (inside.int().argmax(1) - true.int().argmax(1)).abs()
        off.append(apart[both] * config.layer_px)
        if found.heat is not None:
            seen = batch["landmarks_px"].to(device)
            box = (seen.amax(1) - seen.amin(1)).prod(1).sqrt()
            marks.append((places_in(found.heat) * config.coarser - seen).norm(dim=2).mean(1) / box)
    means = {"loss_share": torch.stack(terms) / blind, "iou": 100 * torch.cat(shared), "front_px": torch.cat(off)}
    if marks:
        means["nme_2d"] = 100 * torch.cat(marks)
    return {name: float(values.float().mean()) for name, values in means.items()}


@torch.no_grad()
def sheet(network: VRN, batch: Batch) -> Tensor:
    """(3, H, W) float [0, 1]: a row an image; then how near the volume's surface is at each place, predicted and true,
    the nearer the lighter; and a cut through the middle column, predicted green, true red, both yellow."""
    rgb, true = batch["rgb"][:SHEET_ROWS].cpu(), batch["volume"][:SHEET_ROWS].cpu().float()
    found = network(rgb.to(device_of(network))).volume.cpu().sigmoid()
    side = rgb.shape[-1]
    middle = found.shape[-1] // 2
    cut = torch.stack([true[..., middle], found[..., middle], torch.zeros_like(found[..., middle])], 1)
    columns = [rgb, *(resized(near(volume), side) for volume in (found, true)), resized(cut.transpose(2, 3), side)]
    tiles = torch.stack([column.clamp(0, 1) for column in columns], 1).flatten(0, 1)  # image by image
    return make_grid(tiles, nrow=len(columns), padding=2)


def near(volume: Tensor) -> Tensor:
    """(B, D, V, V) in [0, 1] -> (B, 3, V, V) in [0, 1]: share of the layers that lie behind the first surface."""
    passed = torch.cumprod(1 - volume, 1).mean(1, keepdim=True)
    return (1 - passed).expand(-1, 3, -1, -1)


def resized(images: Tensor, side: int) -> Tensor:
    """(B, 3, H, W) -> (B, 3, side, side), each pixel as it is."""
    return torch.nn.functional.interpolate(images, (side, side))


METHOD = Method(VRN, target, losses, scores, sheet)
