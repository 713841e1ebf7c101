"""The alarm for a generator that has collapsed: the usual ways in which a GAN fails while its losses look calm."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

ALIKE = 0.3  # outputs this much less diverse than their inputs are one picture
UNCHANGED = 0.004  # mean change of a pixel, about one 8-bit step: nothing happens


@dataclass(frozen=True)
class Health:
    """change: mean |G(x) - x|. diversity: the outputs' mean pairwise distance over the inputs'. alarms: sentences, or
    none.
    """

    change: float
    diversity: float
    alarms: tuple[str, ...]


def check_health(renders: Tensor, translated: Tensor) -> Health:
    """Judge a generator on B >= 2 different renders and their translations, both (B, 3, H, W) float [0, 1]."""
    if not torch.isfinite(translated).all():
        return Health(float("nan"), float("nan"), ("the generator's output is not finite",))
    change = float((translated - renders).abs().mean())
    diversity = _spread(translated) / max(_spread(renders), 1e-6)
    alarms = []
    if diversity < ALIKE:
        alarms.append(f"the generator answers different renders with nearly the same image (diversity {diversity:.2f})")
    if change < UNCHANGED:
        alarms.append(f"the generator hardly changes the renders (mean change {change:.4f})")
    return Health(change, diversity, tuple(alarms))


def _spread(images: Tensor) -> float:
    """Mean absolute distance of every image to the batch's mean image."""
    return float((images - images.mean(0, keepdim=True)).abs().mean())
