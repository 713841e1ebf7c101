"""DECA's coarse encoder E_c: an image to all codes at once (section 4.1)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from recon.methods.deca.config import DecaConfig
from recon.methods.widths import GROUP

MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of torchvision's images
BLOCKS: dict[str, tuple[Any, list[int]]] = {  # at each of four sizes
    "resnet50": (Bottleneck, [3, 4, 6, 3]),
    "resnet18": (BasicBlock, [2, 2, 2, 2]),
    "resnet10": (BasicBlock, [1, 1, 1, 1]),
}
FIRST = 0.1  # of the last layer's usual first weights: training begins near the mean face


def group_norm(channels: int) -> nn.Module:
    """Groups of 16 channels."""
    return nn.GroupNorm(max(1, channels // GROUP), channels)


class Encoder(nn.Module):
    """torchvision's ResNet, without weights, and two linear layers; the last one, `head`, in float32."""

    def __init__(self, config: DecaConfig, outputs: int):
        super().__init__()
        block, counts = BLOCKS[config.encoder]
        norm = group_norm if config.norm == "group" else nn.BatchNorm2d
        self.trunk = ResNet(block, counts, norm_layer=norm)
        width = self.trunk.fc.in_features
        self.trunk.fc = nn.Identity()  # type: ignore[assignment]
        self.features = nn.Linear(width, config.features)
        self.head = nn.Linear(config.features, outputs)
        nn.init.zeros_(self.head.bias)
        with torch.no_grad():
            self.head.weight.mul_(FIRST)
        self.to(memory_format=torch.channels_last)  # a sixth quicker on a CPU

    def forward(self, image: Tensor) -> Tensor:
        """image (B, 3, H, W) float RGB in [0, 1] -> (B, outputs) float32."""
        mean, spread = (image.new_tensor(values)[:, None, None] for values in (MEAN, SPREAD))
        found = self.features(self.trunk((image - mean) / spread)).relu()
        with torch.autocast(image.device.type, enabled=False):
            return self.head(found.float())
