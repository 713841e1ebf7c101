"""The window around the face: what the discriminator sees of an image, and what a harmoniser may change of it."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


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
