"""The generator G of equation 6: a U-Net that adds a residual to the render, the identity before any training."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recon.methods.layers import Norm
from recon.methods.pretrained import Pretrained
from synth2real.gan.config import GROUP, GeneratorConfig
from synth2real.gan.window import face_window


class Generator(Pretrained):
    """G(x) = x + reach tanh(U-Net(x, noise)), with the last layer zero at first, so that G starts as the identity.

    With a seam the residual is multiplied by the face's window, 1 on the face, 0 beyond the seam. Upsampling is
    bilinear throughout: a pixel-shuffle head prints a checkerboard.
    """

    name, config_class = "generator", GeneratorConfig
    config: GeneratorConfig

    def __init__(self, config: GeneratorConfig):
        super().__init__()
        self.config = config
        widths, fold = config.widths, config.unshuffle
        self.stride = config.stride
        channels = 3 + (6 if config.gbuffer else 0) + (config.seam is not None) + config.noise_channels
        self.enter = _Block(channels * fold**2, widths[0])
        self.down = nn.ModuleList(_Block(fine, coarse, stride=2) for fine, coarse in pairwise(widths))
        self.middle = _Block(widths[-1], widths[-1])
        self.up = nn.ModuleList(_Up(coarse, fine) for fine, coarse in reversed(list(pairwise(widths))))
        self.narrow = nn.Conv2d(widths[0], config.head_width, 1)
        self.fine = nn.Conv2d(config.head_width + 3 + config.noise_channels, config.head_width, 3, padding=1)
        self.residual = nn.Conv2d(config.head_width, 3, 3, padding=1)
        for parameter in self.residual.parameters():
            nn.init.zeros_(parameter)

    def forward(
        self, rgb: Tensor, correspondence: Tensor, normals: Tensor, noise: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """The translated render, (B, 3, H, W) float, nominally in [0, 1] (not clamped, so that gradients flow).

        rgb (B, 3, H, W) float [0, 1]; correspondence (B, 3, H, W) [0, 1] and normals (B, 3, H, W) [-1, 1], both 0
        outside the face, ignored without `gbuffer`; noise (B, noise_channels, H, W) standard normal, from `draw_noise`;
        mask (B, 1, H, W) float 0/1, the face's visible pixels, needed where there is a seam.
        """
        colours = torch.cat([2 * rgb - 1, noise], 1)
        geometry = [correspondence, normals] if self.config.gbuffer else []
        if self.config.seam is not None:
            if mask is None:
                raise ValueError("a generator with a seam needs the face mask")
            geometry = [*geometry, mask]
        x = self.enter(F.pixel_unshuffle(torch.cat([colours, *geometry], 1), self.config.unshuffle))
        skips = []
        for down in self.down:
            skips.append(x)
            x = down(x)
        x = self.middle(x)
        for up in self.up:
            x = up(x, skips.pop())
        x = self.narrow(x)
        if self.config.unshuffle > 1:
            x = F.interpolate(x, scale_factor=self.config.unshuffle, mode="bilinear", align_corners=False)
        x = F.leaky_relu(self.fine(torch.cat([x, colours.to(x.dtype)], 1)), 0.2)
        residual = self.config.reach * torch.tanh(self.residual(x).float())
        if self.config.seam is not None and mask is not None:
            residual = residual * face_window(mask, self.config.seam)
        return rgb + residual

    @torch.no_grad()
    def translate(self, batch: dict[str, Tensor], random: torch.Generator | None = None) -> Tensor:
        """The translated renders of a training batch, (B, 3, H, W) float clamped to [0, 1]; no gradient."""
        noise = draw_noise(batch["rgb"], self.config.noise_channels, random)
        return self(batch["rgb"], batch["correspondence"], batch["normals"], noise, batch["mask"]).clamp(0, 1)


def draw_noise(rgb: Tensor, channels: int, random: torch.Generator | None = None) -> Tensor:
    """Standard normal noise (B, channels, H, W) for a batch `rgb`, drawn on the CPU: a seed means the same anywhere."""
    return torch.randn((rgb.shape[0], channels, *rgb.shape[-2:]), generator=random).to(rgb.device)


class _Block(nn.Module):
    """Convolution (3x3, or 4x4 with stride 2), group norm, leaky ReLU. (B, c, H, W) -> (B, k, H/stride, W/stride)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1):
        super().__init__()
        self.convolution = nn.Conv2d(channels_in, channels_out, 4 if stride == 2 else 3, stride, padding=1)
        self.norm = Norm("group", channels_out, group_size=GROUP)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.norm(self.convolution(x)), 0.2)


class _Up(nn.Module):
    """Narrow, then double, then merge with the skip: 1x1 before the bilinear step costs a quarter of it after."""

    def __init__(self, coarse: int, fine: int):
        super().__init__()
        self.narrow = nn.Conv2d(coarse, fine, 1)
        self.merge = _Block(2 * fine, fine)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = F.interpolate(self.narrow(x), scale_factor=2, mode="bilinear", align_corners=False)
        return self.merge(torch.cat([x, skip], 1))
