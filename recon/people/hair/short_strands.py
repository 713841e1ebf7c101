"""Strands too short to need collisions: they leave the drawn skin in a bow. Beards, brows and lashes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from recon.people.hair.strands import Roots


def skin_normals(roots: Roots, vertices: Tensor) -> Tensor:
    """(m, 3) unit normals of the drawn head (n, 3) under the roots: the mean's, turned with the roots' triangles."""
    a, b, c = vertices[roots.corners].unbind(1)
    return functional.normalize(torch.linalg.cross(b - a, c - a), dim=1)


def bowed(
    place: Tensor,
    normal: Tensor,
    comb: Tensor,
    length: Tensor,
    stand: float,
    bend: Tensor,
    jitter: Tensor,
    points: int,
) -> Tensor:
    """Centre lines root + length (s heading + s^2 bend), s from 0 to 1.

    Args:
        place, normal: (m, 3) mm and unit, of the drawn skin. comb: (m, 3) direction; what it has along the normal is
            left out, and `stand` in [0, 1] put in its place.
        length: (m,) mm. bend: (m, 3) or (3,) share of the length. jitter: (m, 3) added to the unit headings.

    Returns:
        (m, points, 3) float32 mm.
    """
    flat = functional.normalize(comb - (comb * normal).sum(1, keepdim=True) * normal, dim=1)
    heading = functional.normalize((1 - stand) * flat + stand * normal + jitter, dim=1)
    inward = (heading * normal).sum(1, keepdim=True).clamp(max=0.05) - 0.05
    heading = functional.normalize(heading - inward * normal, dim=1)  # none points into the skin
    s = torch.linspace(0, 1, points)[:, None]
    bow = s * heading[:, None] + s * s * bend.expand_as(heading)[:, None]
    return place[:, None] + length[:, None, None] * bow


def draw_jitter(rng: np.random.Generator, lock: Tensor, locks: int, clumping: float, amount: float) -> Tensor:
    """(m, 3) disorder of headings, alike within locks by `clumping` in [0, 1]."""
    own, shared = rng.standard_normal((len(lock), 3), np.float32), rng.standard_normal((locks, 3), np.float32)
    return torch.from_numpy(amount * ((1 - clumping) * own + clumping * shared[lock.numpy()])).float()


def draw_widths(rng: np.random.Generator, width: float, count: int) -> Tensor:
    """(m,) mm about `width`."""
    return torch.from_numpy(width * np.exp(0.2 * rng.standard_normal(count, np.float32))).float()


def strand_colours(
    rng: np.random.Generator,
    colour: tuple[float, float, float],
    grey: float,
    variation: float,
    brightness: np.ndarray,
    dark_roots: float,
) -> Tensor:
    """(m, 2, 3) linear RGB at roots and tips; brightness (m,) normal deviates, grey: share of white hairs."""
    count = len(brightness)
    mixed = np.array(colour) * np.exp(variation * brightness)[:, None]
    mixed = mixed * (1 + 0.2 * variation * rng.standard_normal((count, 1)) * np.array([1.0, 0.0, -1.0]))
    if grey > 0:  # a strand stands for many hairs
        white = np.clip(grey + 0.2 * rng.standard_normal((count, 1)), 0, 1)
        mixed += white * (0.42 * np.exp(0.15 * brightness)[:, None] - mixed)
    ends = np.stack([mixed * (1 - dark_roots), mixed * 1.08], 1)
    return torch.from_numpy(np.clip(ends, 0.002, 0.92)).float()
