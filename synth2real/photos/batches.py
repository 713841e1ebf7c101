"""Batches of photos for the discriminator, with the face mask that the frozen network sees in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from recon.methods.base import Reconstructor


@torch.no_grad()
def face_masks(reconstructor: Reconstructor, images: np.ndarray, batch: int = 32) -> np.ndarray:
    """The network's face mask of each photo, (N, S, S, 3) uint8 -> (N, S, S) bool."""
    device = next(reconstructor.parameters()).device
    masks = [
        (reconstructor.predict(to_tensor(images[start : start + batch]).to(device)).mask[:, 0] > 0.5).cpu().numpy()
        for start in range(0, len(images), batch)
    ]
    return np.concatenate(masks)


def to_tensor(images: np.ndarray) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W) float [0, 1], channels last in memory."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


@dataclass(frozen=True)
class PhotoBatches:
    """`index -> batch` for `fit`: photos drawn, mirrored and turned by (seed, index) alone.

    images (N, S, S, 3) uint8, masks (N, S, S) bool. rotation_deg: the roll of the renders, which the level photos lack.
    """

    images: np.ndarray
    masks: np.ndarray
    batch: int
    seed: int
    rotation_deg: float

    def __call__(self, index: int) -> dict[str, Tensor]:
        """photo (B, 3, S, S) float [0, 1] and photo_mask (B, 1, S, S) float 0/1."""
        random = np.random.default_rng([self.seed, index])
        chosen = random.choice(len(self.images), self.batch, replace=len(self.images) < self.batch)
        photo = to_tensor(self.images[chosen])
        mask = torch.from_numpy(self.masks[chosen]).float()[:, None]
        turn = torch.from_numpy(np.radians(random.uniform(-1, 1, self.batch) * self.rotation_deg)).float()
        mirror = torch.from_numpy(random.choice([-1.0, 1.0], self.batch)).float()
        both = _turned(torch.cat([photo, mask], 1), turn, mirror)
        return {"photo": both[:, :3].clamp(0, 1), "photo_mask": (both[:, 3:] > 0.5).float()}


def _turned(images: Tensor, turn: Tensor, mirror: Tensor) -> Tensor:
    """Turned by `turn` (B,) radians about the centre and mirrored where `mirror` (B,) is -1; the border is
    reflected.
    """
    cos, sin, zero = torch.cos(turn), torch.sin(turn), torch.zeros_like(turn)
    affine = torch.stack([torch.stack([mirror * cos, -sin, zero], 1), torch.stack([mirror * sin, cos, zero], 1)], 1)
    grid = F.affine_grid(affine, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bicubic", padding_mode="reflection", align_corners=False)
