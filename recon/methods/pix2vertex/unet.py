"""The U-Net of pix2vertex (supplement A), with its width and depth free, and what makes it learn quickly on a CPU."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recon.methods.layers import Down, Head, Norm, NormName, Residual, SmoothUp, Up


class UNet(nn.Module):
    """Encoder C_w1 - C_w2 - ... of 4x4 convolutions with stride 2, mirrored decoder with skips, three 1x1 convolutions.

    The paper's network is widths (64, 128, 256, 512, 512, 512, 512, 512) at 512 px: the decoder's widths are the
    encoder's reversed, with dropout in its first three layers. As in pix2pix the first layer has no norm. Any H and W
    divisible by `stride` are accepted. Off in the paper's network, on in the quick one:

    unshuffle   2 folds 2x2 pixels into channels first and resizes the answer bilinearly at the end: quicker, softer,
                without a checkerboard
    dilations   residual blocks at the lowest level, one a number: nearly free there
    fine        channels of one more skip, from 3x3 convolutions before the first halving; the decoder then doubles
                bilinearly and ends in a 3x3 convolution, since nothing after a last transposed convolution could mend
                the checkerboard that it prints into the maps
    coarser     the answer is resized to 1/coarser of the image's sides
    """

    def __init__(
        self,
        channels_out: int,
        widths: Sequence[int],
        unshuffle: int = 1,
        norm: NormName = "instance",
        dropout: float = 0.0,
        dilations: Sequence[int] = (),
        fine: int = 0,
        coarser: int = 1,
    ):
        super().__init__()
        self.unshuffle, self.enlarged = unshuffle, unshuffle / coarser
        self.stride = unshuffle * 2 ** len(widths)
        folded = 3 * unshuffle**2
        inputs = (fine or folded, *widths[:-1])
        self.enter = nn.Sequential(nn.Conv2d(folded, fine, 3, padding=1), nn.LeakyReLU(0.2)) if fine else None
        self.down = nn.ModuleList(
            Down(c, width, "none" if level == 0 else norm)
            for level, (c, width) in enumerate(zip(inputs, widths, strict=True))
        )
        self.lowest = nn.Sequential(*(Residual(widths[-1], norm, dilation) for dilation in dilations))
        decoder = tuple(reversed(widths))
        before = (widths[-1], *decoder[:-1])
        skips = (0, *reversed(widths[:-1]))  # the innermost layer has no skip beside it
        up = SmoothUp if fine else Up
        self.up = nn.ModuleList(
            up(below + skip, width, norm, dropout if level < 3 else 0.0)
            for level, (below, skip, width) in enumerate(zip(before, skips, decoder, strict=True))
        )
        last = nn.Conv2d(widths[0] + fine, widths[0], 3, padding=1)
        self.merge = nn.Sequential(last, Norm(norm, widths[0]), nn.ReLU()) if fine else None
        self.head = Head(widths[0], channels_out)

    def forward(self, image: Tensor) -> Tensor:
        """image (B, 3, H, W) float in [-1, 1] -> (B, channels_out, H / coarser, W / coarser) float."""
        return self.at_answers_size(self.head(self.features(image)))

    def features(self, image: Tensor) -> Tensor:
        """What the head reads: (B, widths[0], H / unshuffle, W / unshuffle) of an image as `forward` takes it."""
        x = F.pixel_unshuffle(image, self.unshuffle)
        finest = x = x if self.enter is None else self.enter(x)
        skips: list[Tensor] = []
        for down in self.down:
            x = down(x)
            skips.append(x)
        x = self.up[0](self.lowest(skips.pop()))
        for up in self.up[1:]:
            x = up(torch.cat([x, skips.pop()], 1))
        return x if self.merge is None else self.merge(torch.cat([x, finest], 1))

    def at_answers_size(self, x: Tensor) -> Tensor:
        """(B, k, H / unshuffle, W / unshuffle) -> (B, k, H / coarser, W / coarser)."""
        if self.enlarged == 1:
            return x
        return F.interpolate(x, scale_factor=self.enlarged, mode="bilinear", align_corners=False)
