"""PRNet's layers: 4x4 convolutions padded as its authors' framework pads them, each with its norm and ReLU."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recon.methods.layers import Norm


def norm_of(name: str, channels: int) -> nn.Module:
    """Batch or group normalisation with scale and shift. (B, channels, H, W) -> same."""
    return nn.BatchNorm2d(channels) if name == "batch" else Norm("group", channels)


class Convolution(nn.Module):
    """4x4 convolution, norm, ReLU; "same" padding, the odd pixel at the right and below. -> (B, k, H/s, W/s)."""

    def __init__(self, channels_in: int, channels_out: int, norm: str, stride: int = 1):
        super().__init__()
        self.convolution = nn.Conv2d(channels_in, channels_out, 4, stride, bias=False)
        self.norm = norm_of(norm, channels_out)
        self.padding = (1, 2, 1, 2) if stride == 1 else (1, 1, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.convolution(F.pad(x, self.padding))))


class Bottleneck(nn.Module):
    """Convolutions 1x1 n/2, 4x4 n/2, 1x1 n beside a shortcut; norm and ReLU of the sum. -> (B, n, H/s, W/s)."""

    def __init__(self, channels_in: int, channels_out: int, norm: str, stride: int = 1):
        super().__init__()
        half, changes = channels_out // 2, stride > 1 or channels_in != channels_out
        self.reduce = nn.Conv2d(channels_in, half, 1, bias=False)
        self.reduced = norm_of(norm, half)
        self.middle = Convolution(half, half, norm, stride)
        self.expand = nn.Conv2d(half, channels_out, 1, bias=False)
        self.shortcut = nn.Conv2d(channels_in, channels_out, 1, stride, bias=False) if changes else nn.Identity()
        self.norm = norm_of(norm, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.expand(self.middle(F.relu(self.reduced(self.reduce(x)))))
        return F.relu(self.norm(inner + self.shortcut(x)))


class Transposed(nn.Module):
    """4x4 transposed convolution and norm, then ReLU unless it is the `last`. -> (B, k, s H, s W)."""

    def __init__(self, channels_in: int, channels_out: int, norm: str, stride: int = 1, last: bool = False):
        super().__init__()
        self.convolution = nn.ConvTranspose2d(channels_in, channels_out, 4, stride, padding=1, bias=False)
        self.norm = norm_of(norm, channels_out)
        self.stride, self.last = stride, last

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2] * self.stride, x.shape[-1] * self.stride
        x = self.norm(self.convolution(x)[..., :height, :width])  # the gradient of "same": one pixel more otherwise
        return x if self.last else F.relu(x)


class Smooth(nn.Module):
    """In place of `Transposed`: bilinear doubling where s is 2, 3x3 convolution, norm, ReLU. -> (B, k, s H, s W).

    Where it doubles, a 1x1 convolution comes first, at a quarter of the cost.
    """

    def __init__(self, channels_in: int, channels_out: int, norm: str, stride: int = 1):
        super().__init__()
        self.stride = stride
        self.narrow = nn.Conv2d(channels_in, channels_out, 1) if stride > 1 else nn.Identity()
        channels = channels_out if stride > 1 else channels_in
        self.convolution = nn.Conv2d(channels, channels_out, 3, padding=1, bias=False)
        self.norm = norm_of(norm, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.convolution(enlarged(self.narrow(x), self.stride))))


def enlarged(x: Tensor, times: int) -> Tensor:
    """(B, c, H, W) -> (B, c, times H, times W), bilinearly."""
    return F.interpolate(x, scale_factor=times, mode="bilinear", align_corners=False) if times > 1 else x


def in_float32(layers: nn.Module, x: Tensor) -> Tensor:
    """Outside autocast: bfloat16's eight bits would put steps of a pixel into the map."""
    with torch.autocast(x.device.type, enabled=False):
        return layers(x.float())
