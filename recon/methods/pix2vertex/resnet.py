"""A residual encoder-decoder with dilated blocks: the second architecture, for judging what a U-Net was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from recon.methods.layers import Head, Norm, NormName, Residual


class ResNet(nn.Module):
    """Residual blocks at every level, dilated ones at the lowest; a bilinear decoder that adds (not joins) its skips.

    It shares neither layers nor geometry of receptive fields with the U-Net, so that an image which fools one need not
    fool the other. `widths` names one level each, the first at 1/unshuffle of the image's resolution.
    """

    def __init__(
        self,
        channels_out: int,
        widths: Sequence[int],
        unshuffle: int = 4,
        norm: NormName = "group",
        dilations: Sequence[int] = (1, 2, 4, 2, 1),
        coarser: int = 1,
    ):
        super().__init__()
        self.unshuffle, self.enlarged = unshuffle, unshuffle / coarser
        self.stride = unshuffle * 2 ** (len(widths) - 1)
        self.stem = _convolution(3 * unshuffle**2, widths[0], norm)
        self.encode = nn.ModuleList(Residual(width, norm) for width in widths[:-1])
        self.reduce = nn.ModuleList(_convolution(a, b, norm, stride=2) for a, b in pairwise(widths))
        self.trunk = nn.Sequential(*(Residual(widths[-1], norm, dilation) for dilation in dilations))
        self.enlarge = nn.ModuleList(_convolution(b, a, norm) for a, b in pairwise(widths))
        self.decode = nn.ModuleList(Residual(width, norm) for width in widths[:-1])
        self.head = Head(widths[0], channels_out)

    def forward(self, image: Tensor) -> Tensor:
        """image (B, 3, H, W) float in [-1, 1] -> (B, channels_out, H, W) float; H, W divisible by `stride`."""
        x = self.stem(F.pixel_unshuffle(image, self.unshuffle))
        skips: list[Tensor] = []
        for encode, reduce in zip(self.encode, self.reduce, strict=True):
            skips.append(encode(x))
            x = reduce(skips[-1])
        x = self.trunk(x)
        for enlarge, decode, skip in reversed(list(zip(self.enlarge, self.decode, skips, strict=True))):
            x = decode(_resize(enlarge(x), 2) + skip)
        return _resize(self.head(x), self.enlarged)


def _convolution(channels_in: int, channels_out: int, norm: NormName, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1), Norm(norm, channels_out), nn.ReLU()
    )


def _resize(x: Tensor, factor: float) -> Tensor:
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False) if factor > 1 else x
