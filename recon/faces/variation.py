"""Heads beyond a model's own identities: smooth random deformations, a Gaussian process over space.

A sum of stationary Gaussian kernels (Luethi et al. 2018, Gaussian Process Morphable Models, section 3), sampled by
random Fourier features (Rahimi and Recht 2007). The field moves space, not a surface: lids and eyeballs, lips and teeth
stay together. Faces are nearly symmetric, and so is it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

LENGTHS_MM = (70.0, 35.0, 18.0)  # over which a displacement keeps its direction
SPREADS_MM = (1.9, 1.3, 0.45)  # of each coordinate of the displacement at each length
FEATURES = 96
ASYMMETRY = 0.15  # share of the field that is not mirrored
FOOT_MM = (-165.0, -110.0)  # heights between which it fades in, from the foot of the neck: the bust stays


def varied(shape: Tensor, seed: int) -> Tensor:
    """`shape` moved by the random field of `seed`.

    Args:
        shape: (n, 3) float32 mm, origin between the eyes, x to the left, y up.

    Returns:
        (n, 3) float32 mm; the eyes' middle (the origin) stays where it was.
    """
    rng = np.random.default_rng(seed)
    moved, origin = torch.zeros_like(shape), torch.zeros_like(shape[:1])
    for length, spread in zip(LENGTHS_MM, SPREADS_MM, strict=True):
        waves = torch.from_numpy(rng.normal(0, 1 / length, (3, FEATURES)).astype(np.float32))
        phases = torch.from_numpy(rng.uniform(0, 2 * np.pi, FEATURES).astype(np.float32))
        scale = spread * np.sqrt(2 / FEATURES)
        weights = torch.from_numpy(rng.normal(0, scale, (FEATURES, 3)).astype(np.float32))
        moved += nearly_symmetric(shape, waves, phases, weights)
        moved -= nearly_symmetric(origin, waves, phases, weights)
    low, high = FOOT_MM
    fade = ((shape[:, 1:2] - low) / (high - low)).clamp(0, 1)
    return shape + moved * fade * fade * (3 - 2 * fade)


def nearly_symmetric(places: Tensor, waves: Tensor, phases: Tensor, weights: Tensor) -> Tensor:
    """(n, 3) mm: the field of random features at `places`, for the most part the mean of it and its mirror image."""
    flip = places.new_tensor([-1.0, 1.0, 1.0])
    here, mirrored = (torch.cos(x @ waves + phases) @ weights for x in (places, places * flip))
    # Where the two are independent the mean has half their variance.
    symmetric = (here + mirrored * flip) / np.sqrt(2)
    return (1 - ASYMMETRY) * symmetric + ASYMMETRY * here
