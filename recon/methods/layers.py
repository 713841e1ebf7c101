"""Layers that the networks share."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recon.errors import UserError
from recon.methods.widths import GROUP

NormName = Literal["instance", "group", "none"]


class Norm(nn.Module):
    """Instance or group normalisation with a learned scale and shift; the identity on 1x1 maps.

    Neither keeps running statistics, so that a frozen network answers the same in train() and eval(). (The released
    pix2vertex runs its batch normalisation in training mode on single images, which is instance normalisation.) At 1x1
    an instance's variance is zero and the layer would erase its input. (B, channels, H, W) -> same.
    """

    def __init__(self, name: NormName, channels: int, group_size: int = GROUP):
        super().__init__()
        self.groups = {"instance": channels, "group": max(1, channels // group_size), "none": 0}[name]
        if self.groups and channels % self.groups:
            raise ValueError(f"{channels} channels do not divide into {self.groups} groups")
        if self.groups:
            self.weight = nn.Parameter(torch.ones(channels))
            self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        if not self.groups or x.shape[-2:] == (1, 1):
            return x
        return F.group_norm(x, self.groups, self.weight, self.bias)


class Down(nn.Module):
    """C_k of pix2vertex's encoder: 4x4 convolution with stride 2, norm, leaky ReLU. -> (B, k, H/2, W/2)."""

    def __init__(self, channels_in: int, channels_out: int, norm: NormName):
        super().__init__()
        self.convolution = nn.Conv2d(channels_in, channels_out, 4, stride=2, padding=1)
        self.norm = Norm(norm, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.norm(self.convolution(x)), 0.2)


class Up(nn.Module):
    """C_k or CD_k of its decoder: 4x4 transposed convolution with stride 2, norm, dropout, ReLU. -> (B, k, 2H, 2W)."""

    def __init__(self, channels_in: int, channels_out: int, norm: NormName, dropout: float = 0.0):
        super().__init__()
        self.convolution = nn.ConvTranspose2d(channels_in, channels_out, 4, stride=2, padding=1)
        self.norm = Norm(norm, channels_out)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.dropout(self.norm(self.convolution(x))))


class SmoothUp(nn.Module):
    """An `Up` that prints no checkerboard: 1x1 convolution, bilinear doubling, 3x3 convolution, norm, dropout, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, norm: NormName, dropout: float = 0.0):
        super().__init__()
        self.narrow = nn.Conv2d(channels_in, channels_out, 1)
        self.convolution = nn.Conv2d(channels_out, channels_out, 3, padding=1)
        self.norm = Norm(norm, channels_out)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = F.interpolate(self.narrow(x), scale_factor=2, mode="bilinear", align_corners=False)
        return F.relu(self.dropout(self.norm(self.convolution(x))))


class Residual(nn.Module):
    """Two dilated 3x3 convolutions around a shortcut. (B, channels, H, W) -> same."""

    def __init__(self, channels: int, norm: NormName, dilation: int = 1):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation),
            Norm(norm, channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation),
            Norm(norm, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Head(nn.Module):
    """The three 1x1 convolutions C*64 - C*32 - C*k that end pix2vertex's networks. (B, width, H, W) -> (B, k, H, W).

    Always in float32: bfloat16's eight bits would put steps of 0.4 mm into the maps, which the normals loss sees.
    """

    def __init__(self, width: int, channels_out: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 1),
            nn.ReLU(),
            nn.Conv2d(width, width // 2, 1),
            nn.ReLU(),
            nn.Conv2d(width // 2, channels_out, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return self.layers(x.float())


def resized(image: Tensor, side: int) -> Tensor:
    """(B, k, H, W) -> (B, k, side, side), bilinear; averaged where it shrinks, which is slow, and alone then needed."""
    shrinks = side < max(image.shape[-2:])
    return F.interpolate(image, (side, side), mode="bilinear", antialias=shrinks, align_corners=False)


def refuse_other_size(image: Tensor, side: int) -> None:
    """Raise UserError where an image (B, 3, H, W) is not `side` px a side, which is all that the network takes."""
    height, width = image.shape[-2:]
    if not height == width == side:
        raise UserError(f"the image is {width}x{height} px; this network takes {side}x{side} px alone")
