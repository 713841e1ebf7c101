"""L_Geom (equation 7): the translated render must look, to a frozen reconstructor, like the render it came from."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from recon.methods.base import FaceGeometry, Reconstructor
from synth2real.gan.config import GeometryLossConfig


class GeometryLoss(nn.Module):
    """|Net(x) - Net(G(x))|_1 as the reconstructor, which is frozen by it, measures it (`Reconstructor.difference`)."""

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

    def predict(self, image: Tensor) -> FaceGeometry:
        """Net(image) with its gradient, for G(x)."""
        return self.reconstructor.predict(image)

    def forward(self, of_translated: FaceGeometry, of_render: FaceGeometry, labels: Mapping[str, Tensor]) -> Tensor:
        """Equation 7 without its weight, a scalar.

        of_translated = predict(G(x)); of_render = observe(x); labels, the render's true ones: mask (B, 1, H, W) float
        0/1 and correspondence (B, 3, H, W) [0, 1].
        """
        emphasis = {"emphasis": self._emphasis(labels["correspondence"])} if self.has_mouth else {}
        return self.reconstructor.difference(of_render, of_translated, {**labels, **emphasis}, self.config.mask)

    def _emphasis(self, correspondence: Tensor) -> Tensor:
        """1, and at the mouth's centre 1 + `mouth`, falling as a Gaussian of twice its landmarks' spread.
        (B, 3, H, W) -> (B, 1, H, W).
        """
        offset = (correspondence - self.mouth_centre) / (2 * self.mouth_reach)
        return 1 + self.config.mouth * torch.exp(-0.5 * offset.square().sum(1, keepdim=True))
