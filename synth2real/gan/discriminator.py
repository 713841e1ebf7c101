"""The discriminator D of equation 6, and the window through which it sees the face region alone."""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from synth2real.gan.config import DiscriminatorConfig


class Discriminator(nn.Module):
    """Convolutions without norms, a head that judges patches and one that judges the whole view."""

    def __init__(self, config: DiscriminatorConfig):
        super().__init__()
        widths = [config.width * 2**level for level in range(config.strides)]
        layers: list[nn.Module] = []
        for channels_in, channels_out in pairwise([3, *widths]):
            layers += [nn.Conv2d(channels_in, channels_out, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        self.features = nn.Sequential(*layers)
        self.patches = nn.Conv2d(widths[-1], 1, 3, padding=1)
        self.gather = nn.Conv2d(widths[-1], widths[-1], 4, stride=4)
        self.view = nn.Linear(widths[-1] * 16, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """image (B, 3, H, W) float in [-1, 1] -> logits of its patches (B, h, w) and of the whole view (B, 1),
        float32.
        """
        x = self.features(image)
        whole = F.adaptive_avg_pool2d(F.leaky_relu(self.gather(x), 0.2), 4)
        return self.patches(x).squeeze(1).float(), self.view(whole.flatten(1)).float()


def face_window(mask: Tensor, radius: float) -> Tensor:
    """The face region grown by `radius` (a fraction of the side), soft at its rim, small holes closed.

    mask (B, 1, H, W) float in [0, 1] -> (B, 1, H, W) float in [0, 1]. Growing by more than half of the mouth's opening
    closes the hole that the mouth's interior leaves in the region, so that D sees the teeth.
    """
    reach = max(1, round(radius * mask.shape[-1]))
    grown = F.max_pool2d((mask > 0.5).float(), (1, 2 * reach + 1), stride=1, padding=(0, reach))
    grown = F.max_pool2d(grown, (2 * reach + 1, 1), stride=1, padding=(reach, 0))
    soft = max(1, reach // 3)
    return F.avg_pool2d(grown, 2 * soft + 1, stride=1, padding=soft, count_include_pad=False)


def through_window(image: Tensor, window: Tensor) -> Tensor:
    """The image [0, 1] as D sees it: in [-1, 1], 0 (mid grey) outside the window. (B, 3, H, W), (B, 1, H, W) -> (B, 3,
    H, W).
    """
    return (2 * image - 1) * window
