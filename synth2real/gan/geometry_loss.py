"""L_Geom (equation 7): the translated render must look, to a frozen reconstructor, like the render it came from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recon.methods.base import FaceGeometry, Reconstructor

POSITION_SCALE_MM = 100.0  # about half a face: positions and correspondence weigh alike


@dataclass(frozen=True)
class GeometryLossConfig:
    """weight: of the whole term (0: off). mask: weight of its mask part against the coordinates' part.

    mouth: extra weight of the coordinates at the mouth, where a generator paints smiles on (0: none).
    """

    weight: float = 30.0
    mask: float = 0.5
    mouth: float = 1.0


class GeometryLoss(nn.Module):
    """|Net(x) - Net(G(x))|_1 through any differentiable reconstructor, which is frozen by it.

    Coordinates (position / 100 mm and correspondence) are compared inside the true face mask alone: outside, Net's
    coordinates mean nothing. The mask is compared over the whole image, so that the face can't grow.
    """

    mouth_centre: Tensor
    mouth_reach: Tensor

    def __init__(self, reconstructor: Reconstructor, config: GeometryLossConfig, mouth: Tensor | None = None):
        """mouth (n, 3) float [0, 1]: places of the mouth's landmarks on the canonical face, for the extra weight
        there.
        """
        super().__init__()
        self.reconstructor = reconstructor.freeze()
        self.config = config
        centre, reach = (mouth.mean(0), mouth.std(0)) if mouth is not None else (torch.zeros(3), torch.zeros(3))
        self.register_buffer("mouth_centre", centre.view(1, 3, 1, 1))
        self.register_buffer("mouth_reach", reach.clamp_min(1e-3).view(1, 3, 1, 1))
        self.has_mouth = mouth is not None

    @torch.no_grad()
    def observe(self, image: Tensor) -> FaceGeometry:
        """Net(image) without gradient, for the render's side of the loss. image (B, 3, H, W) float [0, 1]."""
        return self.reconstructor.predict(image)

    def forward(self, translated: Tensor, of_render: FaceGeometry, mask: Tensor, correspondence: Tensor) -> Tensor:
        """Equation 7 without its weight, a scalar.

        translated (B, 3, H, W) float [0, 1], G(x); of_render = observe(x); mask (B, 1, H, W) float 0/1 and
        correspondence (B, 3, H, W) [0, 1], the render's true labels.
        """
        seen = self.reconstructor.predict(translated)
        position = (seen.position_mm - of_render.position_mm).float().abs().sum(1, keepdim=True) / POSITION_SCALE_MM
        place = (seen.correspondence - of_render.correspondence).float().abs().sum(1, keepdim=True)
        weights = mask * (1 + self.config.mouth * self._mouthness(correspondence))
        coordinates = (weights * (position + place)).sum() / mask.sum().clamp_min(1)
        return coordinates + self.config.mask * F.l1_loss(seen.mask.float(), of_render.mask.float())

    def _mouthness(self, correspondence: Tensor) -> Tensor:
        """1 at the mouth's centre, falling as a Gaussian of twice its landmarks' spread. (B, 3, H, W) -> (B, 1, H,
        W).
        """
        if not self.has_mouth:
            return torch.zeros_like(correspondence[:, :1])
        offset = (correspondence - self.mouth_centre) / (2 * self.mouth_reach)
        return torch.exp(-0.5 * offset.square().sum(1, keepdim=True))


def label_drift(before: FaceGeometry, after: FaceGeometry, mask: Tensor) -> dict[str, Tensor]:
    """How far a translation moved the geometry of each image, as one reconstructor sees it.

    before, after: its answers for B renders and for their translations; mask (B, 1, H, W) float 0/1, the true face
    mask. drift_mm (B,): mean length of the position's change inside the mask, without any alignment.
    drift_correspondence (B,): the same for correspondence. mask_iou (B,): overlap of the two answers' masks at 0.5.
    float32.
    """
    pixels = mask.sum((1, 2, 3)).clamp_min(1)
    moved = (after.position_mm - before.position_mm).float().norm(dim=1, keepdim=True)
    slid = (after.correspondence - before.correspondence).float().norm(dim=1, keepdim=True)
    face_before, face_after = before.mask > 0.5, after.mask > 0.5
    both = (face_before & face_after).sum((1, 2, 3)).float()
    either = (face_before | face_after).sum((1, 2, 3)).float()
    return {
        "drift_mm": (moved * mask).sum((1, 2, 3)) / pixels,
        "drift_correspondence": (slid * mask).sum((1, 2, 3)) / pixels,
        "mask_iou": torch.where(either > 0, both / either.clamp_min(1), 1.0),
    }
