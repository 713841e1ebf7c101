"""Batches of photos for the discriminator, with the face mask that the frozen network sees in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from kornia.geometry.transform import get_affine_matrix2d, warp_affine
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
    weights: (N,) float probabilities of sum 1, how often each is drawn; None: all alike, none twice in a batch.
    """

    images: np.ndarray
    masks: np.ndarray
    batch: int
    seed: int
    rotation_deg: float
    weights: np.ndarray | None = None

    def __call__(self, index: int) -> dict[str, Tensor]:
        """photo (B, 3, S, S) float [0, 1] and photo_mask (B, 1, S, S) float 0/1."""
        random = np.random.default_rng([self.seed, index])
        twice = self.weights is not None or len(self.images) < self.batch  # else the shares would not be the weights'
        chosen = random.choice(len(self.images), self.batch, replace=twice, p=self.weights)
        photo = to_tensor(self.images[chosen])
        mask = torch.from_numpy(self.masks[chosen]).float()[:, None]
        turn = torch.from_numpy(np.radians(random.uniform(-1, 1, self.batch) * self.rotation_deg)).float()
        mirror = torch.from_numpy(random.choice([-1.0, 1.0], self.batch)).float()
        both = turned(torch.cat([photo, mask], 1), turn, mirror)
        return {"photo": both[:, :3].clamp(0, 1), "photo_mask": (both[:, 3:] > 0.5).float()}


def turned(
    images: Tensor, turn_rad: Tensor, mirror: Tensor, shift_px: Tensor | None = None, mode: str = "bicubic"
) -> Tensor:
    """(B, C, S, S), each turned by `turn_rad` (B,) about the centre, mirrored where `mirror` (B,) is -1, and moved by
    `shift_px` (B, 2); the border is reflected.
    """
    count, side = len(images), images.shape[-1]
    centre = images.new_full((count, 2), (side - 1) / 2)  # kornia's pixel centres are whole numbers
    scale = torch.stack([mirror, torch.ones_like(mirror)], 1)
    shift = torch.zeros_like(centre) if shift_px is None else shift_px
    matrix = get_affine_matrix2d(shift, centre, scale, turn_rad.rad2deg())
    return warp_affine(images, matrix[:, :2], (side, side), mode, padding_mode="reflection", align_corners=True)
