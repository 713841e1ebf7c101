"""Unbiased kernel distance between two sets of images in a network's features (Binkowski et al. 2018, "KID").

    MMD^2 = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)
    k(x, y) = (x.y / d + 1)^3

Its expectation does not depend on the number of images, as a Frechet distance's does; near 0 it may fall below.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from recon.errors import UserError

BATCH = 32
WITHOUT = "No kernel distance: no feature network is bundled; give one with --features (a TorchScript file)."


def kernel_distance(x: np.ndarray, y: np.ndarray) -> float:
    """MMD^2 of features (n, d) and (m, d) float, n and m at least 2."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    n, m, d = len(x), len(y), x.shape[1]

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a @ b.T / d + 1) ** 3

    own = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (kernel(x, x), kernel(y, y))]
    return float(own[0] + own[1] - 2 * kernel(x, y).sum() / (n * m))


class Features:
    """A TorchScript network of images (B, 3, H, W): float in [0, 1], or, where it takes `return_features` as the
    published Inception files do, values 0 to 255."""

    def __init__(self, file: Path) -> None:
        try:
            self.network = torch.jit.load(str(file), map_location="cpu").eval()
        except (RuntimeError, ValueError, OSError):
            raise UserError(f"{file} is no readable TorchScript network: give --features another file") from None
        names = [argument.name for argument in self.network.forward.schema.arguments]
        self.published = "return_features" in names

    @torch.no_grad()
    def __call__(self, images: np.ndarray) -> np.ndarray:
        """(N, S, S, 3) uint8 -> (N, d) float."""
        found: list[Tensor] = []
        for start in range(0, len(images), BATCH):
            batch = torch.from_numpy(images[start : start + BATCH]).permute(0, 3, 1, 2).float()
            answer = self.network(batch, return_features=True) if self.published else self.network(batch / 255)
            found.append(answer.flatten(1))
        return torch.cat(found).numpy()
