"""PRNet's network: an image to the UV position map of the face in it (Feng et al., 2018, section 3.2)."""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from recon.methods.layers import Head
from recon.methods.prnet.config import PRNetConfig
from recon.methods.prnet.layers import Bottleneck, Convolution, Smooth, Transposed, enlarged, in_float32

SPAN = 1.1  # sides of the image that an axis of the map reaches over: the authors' sigmoid times 256 times 1.1
LOW = (-0.05, -0.05, -0.85)  # sides at which x, y and z begin; the authors' are 0, with z from the rearmost point
REPEATS = (1, 3, 3, 3, 2, 2)  # transposed convolutions of each level, from coarse to fine


class PositionNetwork(nn.Module):
    """A convolution, ten residual bottlenecks, seventeen transposed convolutions; a sigmoid at the end.

    With the default config the authors' layers: 4x4 with 16 channels; blocks of 32, 32, 64, 64, ... 512, 512, the first
    of each pair with stride 2; transposed ones of 512, 3 x 256, 3 x 128, 3 x 64, 2 x 32, 2 x 16 and 3 x 3 channels, the
    first of each run from 256 on to 16 with stride 2.
    """

    def __init__(self, config: PRNetConfig):
        super().__init__()
        self.unshuffle, widths, norm = config.unshuffle, config.widths, config.norm
        self.first = Convolution(3 * config.unshuffle**2, widths[0], norm)
        pairs = [(Bottleneck(a, b, norm, stride=2), Bottleneck(b, b, norm)) for a, b in pairwise(widths)]
        self.encode = nn.Sequential(*(block for pair in pairs for block in pair))
        up, wide, layers = Transposed if config.decoder == "transposed" else Smooth, widths[-1], []
        for level, (width, count) in enumerate(zip(reversed(widths), REPEATS, strict=True)):
            strides = [2 if level and not number else 1 for number in range(count)]
            layers += [up(wide if not k else width, width, norm, stride) for k, stride in enumerate(strides)]
            wide = width
        self.decode = nn.Sequential(*layers)
        ending = [Transposed(wide, 3, norm), Transposed(3, 3, norm), Transposed(3, 3, norm, last=True)]
        self.head = nn.Sequential(*ending) if config.decoder == "transposed" else Head(wide, 3)

    def forward(self, image: Tensor) -> Tensor:
        """image (B, 3, S, S) float RGB in [0, 1] -> (B, 3, S, S) float32 in (0, 1)."""
        x = self.decode(self.encode(self.first(F.pixel_unshuffle(image, self.unshuffle))))
        return enlarged(in_float32(self.head, x), self.unshuffle).sigmoid()


def in_pixels(shares: Tensor, size: int) -> Tensor:
    """The network's answer (B, 3, S, S) in (0, 1) -> the x, y, z of `UvPositionTarget`, px of an image of `size` px."""
    return (shares * SPAN + shares.new_tensor(LOW)[:, None, None]) * size
