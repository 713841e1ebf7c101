"""The discriminator D of equation 6: of one size of the image, and of several."""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from synth2real.gan.config import DiscriminatorConfig


class Discriminator(nn.Module):
    """Convolutions without norms, a head that judges patches and one that judges the whole view."""

    def __init__(self, config: DiscriminatorConfig, channels: int = 3):
        """channels: of what it sees, the image's three first."""
        super().__init__()
        widths = [config.width * 2**level for level in range(config.strides)]
        layers: list[nn.Module] = []
        for channels_in, channels_out in pairwise([channels, *widths]):
            layers += [nn.Conv2d(channels_in, channels_out, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        self.features = nn.Sequential(*layers)
        self.patches = nn.Conv2d(widths[-1], 1, 3, padding=1)
        self.gather = nn.Conv2d(widths[-1], widths[-1], 4, stride=4)
        self.view = nn.Linear(widths[-1] * 16, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """image (B, channels, H, W) float in [-1, 1] -> logits of its patches (B, h, w) and of the whole view (B, 1),
        float32.
        """
        x = self.features(image)
        whole = F.adaptive_avg_pool2d(F.leaky_relu(self.gather(x), 0.2), 4)
        return self.patches(x).squeeze(1).float(), self.view(whole.flatten(1)).float()


class Pyramid(nn.Module):
    """A discriminator for each of `scales` sizes of the image, each half of the one before: small patches of the big
    image tell of pores, of the small one of how a face is put together (Wang et al. 2018, section 3.2).
    """

    def __init__(self, config: DiscriminatorConfig, channels: int = 3):
        super().__init__()
        self.levels = nn.ModuleList(Discriminator(config, channels) for _ in range(config.scales))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """As `Discriminator`, the heads of all sizes one after the other."""
        heads: list[Tensor] = []
        for number, level in enumerate(self.levels):
            heads += level(F.avg_pool2d(image, 2**number) if number else image)
        return tuple(heads)
