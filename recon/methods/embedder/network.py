"""The embedder: an image in, a point of the unit sphere out."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from recon.methods.embedder.config import EmbedderConfig
from recon.methods.layers import resized
from recon.methods.pretrained import Pretrained

BLOCKS = 2  # a level, as ResNet-18 has


class Embedder(Pretrained):
    """ResNet-18 and a linear layer with batch norm. `people` (people, numbers): the classifier's directions, of no use
    beyond the training."""

    name, config_class = "embedder", EmbedderConfig
    config: EmbedderConfig

    def __init__(self, config: EmbedderConfig):
        super().__init__()
        self.config = config
        first = config.widths[0]
        self.stem = nn.Sequential(
            nn.Conv2d(3, first, 3, 2, 1, bias=False), nn.BatchNorm2d(first), nn.ReLU(inplace=True)
        )
        inputs, layers = first, []
        for level, width in enumerate(config.widths):
            for block in range(BLOCKS):
                layers.append(_block(inputs, width, stride=2 if level and not block else 1))
                inputs = width
        self.levels = nn.Sequential(*layers)
        self.last = nn.Sequential(nn.Linear(inputs, config.numbers, bias=False), nn.BatchNorm1d(config.numbers))
        self.people = nn.Parameter(0.3 * torch.randn(config.people, config.numbers))  # short ones turn quickly

    @property
    def size(self) -> int:
        """px, the side of the images that it takes; others are resized to it."""
        return self.config.size

    def forward(self, image: Tensor) -> Tensor:
        """image (B, 3, H, W) float RGB in [0, 1], framed as photos are -> (B, numbers) float32 unit."""
        if image.shape[-2:] != (self.size, self.size):
            image = resized(image, self.size)
        features = self.levels(self.stem(2 * image - 1)).mean((2, 3))
        with torch.autocast(image.device.type, enabled=False):
            return F.normalize(self.last(features.float()), dim=1)

    def maps(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """image (B, 3, H, W) as it is -> what its second and third levels see, at a quarter and an eighth of the
        side."""
        x = self.levels[:BLOCKS](self.stem(2 * image - 1))
        second = self.levels[BLOCKS : 2 * BLOCKS](x)
        return second, self.levels[2 * BLOCKS : 3 * BLOCKS](second)


def _block(inputs: int, width: int, stride: int) -> nn.Module:
    if stride == 1 and inputs == width:
        return BasicBlock(inputs, width)
    shortcut = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))
    return BasicBlock(inputs, width, stride, shortcut)
