"""The one interface behind which every reconstructor sits: an image in, the geometry of the face in it out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

Ambiguity = Literal["metric", "scale", "affine"]


@dataclass(frozen=True)
class FaceGeometry:
    """What a reconstructor says about the face in each of B images.

    mask            (B, 1, H, W) float, probability in [0, 1] that the pixel shows the face region
    position_mm     (B, 3, H, W) float, x right, y up, z toward the viewer, relative to the face's fixed template point
    correspondence  (B, 3, H, W) float, the place on the canonical face, nominally in [0, 1]
    ambiguity       up to what position_mm is known: "metric", "scale" (a factor) or "affine" (depth's scale and shift)

    position_mm and correspondence mean something where the mask is.
    """

    mask: Tensor
    position_mm: Tensor
    correspondence: Tensor
    ambiguity: Ambiguity = "scale"


class Reconstructor(nn.Module, ABC):
    """A network that reconstructs faces. Frozen, it gives the same answer always: in train() as in eval() mode."""

    frozen: bool = False

    @abstractmethod
    def predict(self, image: Tensor) -> FaceGeometry:
        """image (B, 3, H, W) float RGB in [0, 1] -> FaceGeometry of the same H, W; differentiable in the image."""

    def freeze(self, frozen: bool = True):
        """Fix the weights and switch dropout off; gradients still flow to the image. `freeze(False)` undoes it."""
        self.frozen = frozen
        self.requires_grad_(not frozen)
        return self.train(not frozen)

    def train(self, mode: bool = True):
        return super().train(mode and not self.frozen)
