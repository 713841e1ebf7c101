"""Where the face is, over the whole image."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def mask_loss(logits: Tensor, mask: Tensor, dice_weight: float = 0.0) -> Tensor:
    """Binary cross-entropy, plus `dice_weight` times 1 - the soft Dice coefficient of each image.

    logits (B, M, H, W) float, M predictions of the one true mask (B, 1, H, W) float 0/1. -> () float, nats.
    """
    mask = mask.expand_as(logits)
    loss = F.binary_cross_entropy_with_logits(logits, mask)
    if dice_weight:
        probability = logits.sigmoid()
        overlap = 2 * (probability * mask).sum((-2, -1)) + 1
        loss = loss + dice_weight * (1 - overlap / ((probability + mask).sum((-2, -1)) + 1)).mean()
    return loss
