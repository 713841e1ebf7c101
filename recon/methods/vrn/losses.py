"""VRN's loss (section 3.3): the sigmoid cross-entropy of the volume."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def volume_loss(logits: Tensor, true: Tensor) -> Tensor:
    """-(V log V^ + (1 - V) log(1 - V^)), a mean over voxels where the paper has the sum, worked out in logits.

    logits, true (B, D, V, V). -> () float.
    """
    return F.binary_cross_entropy_with_logits(logits.float(), true.float())
