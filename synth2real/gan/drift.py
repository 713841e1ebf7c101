"""Label drift: how far a translation moved the geometry of an image, as one reconstructor sees it."""

from __future__ import annotations

import torch
from torch import Tensor

from recon.methods.base import FaceGeometry


def label_drift(before: FaceGeometry, after: FaceGeometry, mask: Tensor) -> dict[str, Tensor]:
    """How far a translation moved the geometry of each image, as one reconstructor sees it.

    before, after: its answers for B renders and for their translations; mask (B, 1, H, W) float 0/1, the true face
    mask. drift_mm (B,): mean length of the position's change inside the mask, without any alignment.
    drift_correspondence (B,): the same for correspondence. mask_iou (B,): overlap of the two answers' masks at 0.5.
    float32; NaN where the true mask is empty: nothing was there that could have moved.
    """
    pixels = mask.sum((1, 2, 3))
    pixels = pixels.where(pixels > 0, torch.nan)
    moved = (after.position_mm - before.position_mm).float().norm(dim=1, keepdim=True)
    slid = (after.correspondence - before.correspondence).float().norm(dim=1, keepdim=True)
    face_before, face_after = before.mask > 0.5, after.mask > 0.5
    both = (face_before & face_after).sum((1, 2, 3)).float()
    either = (face_before | face_after).sum((1, 2, 3)).float()
    return {
        "drift_mm": (moved * mask).sum((1, 2, 3)) / pixels,
        "drift_correspondence": (slid * mask).sum((1, 2, 3)) / pixels,
        "mask_iou": torch.where(either > 0, both / either.clamp_min(1), 1.0).where(pixels > 0, torch.nan),
    }
