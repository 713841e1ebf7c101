"""pix2vertex's networks behind the one interface: an image to position, correspondence and mask maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from recon.errors import UserError
from recon.methods.base import FaceGeometry, FaceMaps, Reconstructor
from recon.methods.difference import maps_difference
from recon.methods.pix2vertex.config import Pix2VertexConfig
from recon.methods.pix2vertex.resnet import ResNet
from recon.methods.pix2vertex.unet import UNet

POSITION_UNIT_MM = 100.0
"""The networks regress positions in this unit, so that a face spans about [-1, 1]."""


class Maps(NamedTuple):
    """The networks' raw answer: what the losses see.

    position        (B, 3, H, W) float, in units of 100 mm
    correspondence  (B, 3, H, W) float, nominally [0, 1]
    mask_logits     (B, M, H, W) float, M networks each with a mask of its own
    """

    position: Tensor
    correspondence: Tensor
    mask_logits: Tensor


class Pix2Vertex(Reconstructor):
    """Section 3.2: one joint network (7 channels) or a geometry and a correspondence network (4 channels each)."""

    name, config_class = "pix2vertex", Pix2VertexConfig
    config: Pix2VertexConfig

    def __init__(self, config: Pix2VertexConfig):
        super().__init__()
        self.config = config
        names = ("joint",) if config.outputs == "joint" else ("geometry", "correspondence")
        networks = {name: _network(config, 7 if name == "joint" else 4) for name in names}
        self.networks = nn.ModuleDict(networks)
        self.stride: int = networks[names[0]].stride

    @property
    def size(self) -> int:
        """As the interface says."""
        return self.config.size

    def forward(self, image: Tensor) -> Maps:
        """image (B, 3, H, W) float RGB in [0, 1], H and W divisible by `stride` -> Maps in float32."""
        height, width = image.shape[-2:]
        if height % self.stride or width % self.stride:
            raise UserError(f"the image is {width}x{height} px; this network needs sides divisible by {self.stride}")
        answers = [network(image * 2 - 1).float() for network in self.networks.values()]
        masks = torch.cat([answer[:, -1:] for answer in answers], 1)
        coordinates = torch.cat([answer[:, :-1] for answer in answers], 1)  # position first: the dict's order
        return Maps(coordinates[:, :3], coordinates[:, 3:] + 0.5, masks)

    def predict(self, image: Tensor) -> FaceGeometry:
        """As the interface says. A square image of another size is seen at the size of the training: the layers would
        take any, but they know faces at one scale alone (the paper found the same)."""
        height, width = image.shape[-2:]
        if height == width != self.config.size:
            seen = self.predict(_resized(image, self.config.size))
            maps = (seen.mask, seen.position_mm, seen.correspondence)
            return FaceGeometry(FaceMaps(*(_resized(one, width) for one in maps)), ambiguity=seen.ambiguity)
        answer = self(image)
        maps = FaceMaps(
            mask=answer.mask_logits.mean(1, keepdim=True).sigmoid(),
            position_mm=answer.position * POSITION_UNIT_MM,
            correspondence=answer.correspondence,
        )
        return FaceGeometry(maps, ambiguity="scale")

    def difference(
        self, before: FaceGeometry, after: FaceGeometry, labels: Mapping[str, Tensor], outline: float = 0.5
    ) -> Tensor:
        """As the interface says, of the maps."""
        return maps_difference(before, after, labels, outline)


def _resized(maps: Tensor, side: int) -> Tensor:
    return functional.interpolate(maps, (side, side), mode="bilinear", antialias=True, align_corners=False)


def _network(config: Pix2VertexConfig, channels_out: int) -> UNet | ResNet:
    if config.architecture == "resnet":
        return ResNet(channels_out, config.widths, config.unshuffle, config.norm, config.dilations)
    shape = (config.widths, config.unshuffle, config.norm, config.dropout, config.dilations, config.fine)
    return UNet(channels_out, *shape)
