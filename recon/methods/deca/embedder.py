"""The face embedder that the identity loss asks: a frozen network, image -> what tells people apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from recon.methods.embedder.loading import load_embedder


@lru_cache(maxsize=1)
def embedder_of(place: str, device: torch.device) -> Callable[[Tensor], Tensor]:
    """What `load_embedder` finds at a place: (B, 3, H, W) float RGB in [0, 1] -> (B, d).

    Raises:
        UserError: there is none.
    """
    return load_embedder(place).to(device)
