"""The additive angular margin loss (Deng et al. 2019, ArcFace)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST_SINE = 1e-6  # squared: the root's slope stays finite where an embedding lies on its person's direction


def margin_loss(embeddings: Tensor, directions: Tensor, person: Tensor, angle: float, sharpness: float) -> Tensor:
    """Equation 3: -log of e^(s cos(theta_y + m)) over itself plus the sum of e^(s cos theta_j) of all others, a mean.

    Where theta_y + m would pass pi the cosine would rise again: from there on it falls on linearly, as the authors'
    code has it, by m sin m.

    Args:
        embeddings: (B, d) unit. directions: (people, d), normalised here. person: (B,) int64, y of each.
        angle: m, radians. sharpness: s.
    """
    cosines = embeddings @ F.normalize(directions, dim=1).T
    own = cosines.gather(1, person[:, None])
    sine = (1 - own.square()).clamp_min(LEAST_SINE).sqrt()
    further = own * math.cos(angle) - sine * math.sin(angle)
    further = torch.where(own > -math.cos(angle), further, own - angle * math.sin(angle))
    return F.cross_entropy(sharpness * cosines.scatter(1, person[:, None], further), person)
