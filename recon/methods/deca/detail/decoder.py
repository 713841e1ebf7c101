"""The detail decoder F_d: detail code, expression and jaw to a displacement over the texture (section 4.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recon.methods.deca.detail.config import LOWEST_PX, DetailConfig

LEAK = 0.2
FIRST = 0.01  # of the last layer's usual first weights: training begins at the coarse surface


class Decoder(nn.Module):
    """A linear layer to 8 x 8 maps; doublings, bilinear, each with a 3x3 convolution, batch norm and leaky ReLU; a 3x3
    convolution to one channel and tanh times the limit. inputs: numbers of code, expression and jaw together."""

    def __init__(self, config: DetailConfig, inputs: int):
        super().__init__()
        first = config.widths[0]
        self.first, self.limit_mm = first, config.limit_mm
        self.enter = nn.Linear(inputs, first * LOWEST_PX**2)
        layers: list[nn.Module] = []
        before = first
        for width in config.widths:
            layers += [
                nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
                nn.Conv2d(before, width, 3, padding=1),
                nn.BatchNorm2d(width),
                nn.LeakyReLU(LEAK),
            ]
            before = width
        self.doublings = nn.Sequential(*layers)
        self.last = nn.Conv2d(before, 1, 3, padding=1)
        with torch.no_grad():
            self.last.weight.mul_(FIRST)
            assert self.last.bias is not None
            self.last.bias.zero_()

    def forward(self, code: Tensor, expression: Tensor, jaw: Tensor) -> Tensor:
        """(B, code), (B, e), (B, 3) -> (B, 1, T, T) float32 mm along the normals, outward positive."""
        x = self.enter(torch.cat([code, expression, jaw], 1))
        x = self.doublings(x.view(-1, self.first, LOWEST_PX, LOWEST_PX))
        with torch.autocast(x.device.type, enabled=False):  # bfloat16's eight bits would put steps into the relief
            return self.limit_mm * self.last(x.float()).tanh()
