"""VRN's three networks: images to volumes, and to heat maps of the 68 landmarks (Jackson et al., 2017, section 3.3)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recon.errors import UserError
from recon.methods.vrn.config import VRNConfig
from recon.methods.vrn.heat_maps import LANDMARKS, gaussians, places_in
from recon.methods.vrn.layers import Refined, WayBack, stem


class Logits(NamedTuple):
    """volume (B, D, V, V) float32, layer 0 nearest to the viewer; heat (B, 68, V, V) float32, None of the plain one."""

    volume: Tensor
    heat: Tensor | None


class Stack(nn.Module):
    """Stem, `count` hourglasses without intermediate supervision, way back. (B, c, S, S) -> (B, k, V, V) logits."""

    def __init__(self, config: VRNConfig, channels_in: int, channels_out: int, width: int, count: int = 2):
        super().__init__()
        self.stem = stem(channels_in, width, config.kernel, config.norm)
        self.hourglasses = nn.Sequential(*(Refined(width, config.levels, config.norm) for _ in range(count)))
        self.back = WayBack(width, channels_out, config.doublings, config.norm)

    def forward(self, x: Tensor) -> Tensor:
        return self.back(self.hourglasses(self.stem(x)))


class Plain(nn.Module):
    """VRN: two hourglasses, the second refines what the first gives."""

    def __init__(self, config: VRNConfig):
        super().__init__()
        self.volume = Stack(config, 3, config.depth, config.width)

    def forward(self, image: Tensor, landmarks_px: Tensor | None) -> Logits:
        return Logits(self.volume(image), None)


class Multitask(nn.Module):
    """VRN-Multitask: three hourglasses, the first of which gives features to a fork of two."""

    def __init__(self, config: VRNConfig):
        super().__init__()
        width, levels, norm = config.width, config.levels, config.norm
        self.trunk = nn.Sequential(stem(3, width, config.kernel, norm), Refined(width, levels, norm))
        self.heat, self.volume = (
            nn.Sequential(Refined(width, levels, norm), WayBack(width, channels, config.doublings, norm))
            for channels in (LANDMARKS, config.depth)
        )

    def forward(self, image: Tensor, landmarks_px: Tensor | None) -> Logits:
        features = self.trunk(image)
        return Logits(self.volume(features), self.heat(features))


class Guided(nn.Module):
    """VRN-Guided: sees the image and 68 channels more, each the Gaussian of a landmark.

    Landmarks that are given are drawn (the truth, in training); without them those that its own landmark network finds,
    a stack of two hourglasses.
    """

    def __init__(self, config: VRNConfig):
        super().__init__()
        self.config = config
        self.volume = Stack(config, 3 + LANDMARKS, config.depth, config.width)
        self.heat = Stack(config, 3, LANDMARKS, config.landmark_width) if config.landmark_width else None

    def forward(self, image: Tensor, landmarks_px: Tensor | None) -> Logits:
        heat = None if self.heat is None else self.heat(image)
        if landmarks_px is None:
            if heat is None:
                raise UserError("this guided network has no landmark network: give it the 68 landmarks of each image")
            landmarks_px = places_in(heat) * self.config.coarser
        drawn = gaussians(landmarks_px, image.shape[-1], self.config.sigma_px)
        return Logits(self.volume(torch.cat([image, drawn.to(image)], 1)), heat)


def volume_network(config: VRNConfig) -> nn.Module:
    """(image (B, 3, S, S) float RGB in [0, 1], landmarks_px (B, 68, 2) float or None) -> `Logits`."""
    return {"plain": Plain, "multitask": Multitask, "guided": Guided}[config.variant](config)
