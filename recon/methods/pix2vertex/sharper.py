"""What sharpens a parser's classes: thin things, as rims of glasses and lips, are finer than the network's cells."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recon.methods.layers import NormName, Residual

DILATIONS = (1, 2)


class Sharper(nn.Module):
    """A few convolutions beside a U-Net's head, over the folded pixels, the features and the head's own class logits.

    Its answer has `finer` times their sides and is added to those logits. It begins at 0: an untrained one changes
    nothing.
    """

    def __init__(self, channels_in: int, channels: int, classes: int, finer: int, norm: NormName) -> None:
        super().__init__()
        self.finer = finer
        self.enter = nn.Sequential(nn.Conv2d(channels_in, channels, 1), nn.ReLU())
        self.body = nn.Sequential(*(Residual(channels, norm, dilation) for dilation in DILATIONS))
        self.head = nn.Conv2d(channels, classes * finer**2, 1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    def forward(self, folded: Tensor, features: Tensor, logits: Tensor) -> Tensor:
        """What is to be added to the class logits: (B, 3 u^2, h, w), (B, f, h, w) and (B, classes, h, w) ->
        (B, classes, finer h, finer w) float32."""
        x = self.body(self.enter(torch.cat([folded, features, logits], 1)))
        with torch.autocast(x.device.type, enabled=False):
            return F.pixel_shuffle(self.head(x.float()), self.finer)
