"""pix2vertex's networks behind the one interface: an image to position, correspondence and mask maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recon.errors import UserError
from recon.faces.parsing import CLASSES
from recon.methods.base import FaceGeometry, FaceMaps, Reconstructor
from recon.methods.difference import maps_difference
from recon.methods.layers import resized
from recon.methods.pix2vertex.config import Pix2VertexConfig
from recon.methods.pix2vertex.resnet import ResNet
from recon.methods.pix2vertex.sharper import Sharper
from recon.methods.pix2vertex.unet import UNet
from recon.methods.pretrained import Pretrained

POSITION_UNIT_MM = 100.0
"""The networks regress positions in this unit, so that a face spans about [-1, 1]."""
BEFORE_CLASSES = 8  # channels of a joint network with a parser: position, correspondence, mask, amodal mask


class Maps(NamedTuple):
    """The networks' raw answer: what the losses see.

    position        (B, 3, H, W) float, in units of 100 mm
    correspondence  (B, 3, H, W) float, nominally [0, 1]
    mask_logits     (B, M, H, W) float, M networks each with a mask of its own
    amodal_logits   (B, 1, H, W) float and class_logits (B, len(CLASSES), H, W) float; None without a parser
    sharper_logits  (B, len(CLASSES), H, W) float, what became of the latter; None where nothing sharpens them
    """

    position: Tensor
    correspondence: Tensor
    mask_logits: Tensor
    amodal_logits: Tensor | None = None
    class_logits: Tensor | None = None
    sharper_logits: Tensor | None = None


class Pix2Vertex(Reconstructor):
    """Section 3.2: one joint network (7 channels) or a geometry and a correspondence network (4 channels each)."""

    name, config_class = "pix2vertex", Pix2VertexConfig
    config: Pix2VertexConfig

    def __init__(self, config: Pix2VertexConfig):
        super().__init__()
        self.config = config
        if config.parser and config.outputs != "joint":
            raise UserError(
                "a parser needs the joint network: set network.outputs to joint, or network.parser to false"
            )
        names = ("joint",) if config.outputs == "joint" else ("geometry", "correspondence")
        told = 1 + len(CLASSES) if config.parser else 0
        networks = {name: _network(config, told + (7 if name == "joint" else 4)) for name in names}
        self.networks = nn.ModuleDict(networks)
        self.stride: int = networks[names[0]].stride
        seen = 3 * config.unshuffle**2 + config.widths[0] + len(CLASSES)  # pixels, features, logits
        shape = (seen, config.sharper, len(CLASSES), config.unshuffle // config.coarser, config.norm)
        self.sharper = Sharper(*shape) if config.sharper else None

    @property
    def size(self) -> int:
        """As the interface says."""
        return self.config.size

    def forward(self, image: Tensor) -> Maps:
        """image (B, 3, H, W) float RGB in [0, 1], H and W divisible by `stride` -> Maps in float32, of H and W divided
        by `config.coarser`."""
        height, width = image.shape[-2:]
        if height % self.stride or width % self.stride:
            raise UserError(f"the image is {width}x{height} px; this network needs sides divisible by {self.stride}")
        if self.sharper is not None:
            return self._sharpened(image * 2 - 1, self.sharper)
        answers = [network(image * 2 - 1).float() for network in self.networks.values()]
        if self.config.parser:
            return _parsed(answers[0])
        masks = torch.cat([answer[:, -1:] for answer in answers], 1)
        coordinates = torch.cat([answer[:, :-1] for answer in answers], 1)  # position first: the dict's order
        return Maps(coordinates[:, :3], coordinates[:, 3:] + 0.5, masks)

    def _sharpened(self, image: Tensor, sharper: Sharper) -> Maps:
        """The maps of an image in [-1, 1]. What is trained to sharpen them pulls at nothing else of the network."""
        network = self.networks["joint"]
        assert isinstance(network, UNet)
        features = network.features(image)
        coarse = network.head(features)
        maps = _parsed(network.at_answers_size(coarse).float())
        assert maps.class_logits is not None
        told = (features, coarse[:, BEFORE_CLASSES:], maps.class_logits)
        features, logits, finer_logits = (one.detach() for one in told) if self.training else told
        change = sharper(F.pixel_unshuffle(image, network.unshuffle), features, logits)
        return maps._replace(sharper_logits=finer_logits + change)

    def predict(self, image: Tensor) -> FaceGeometry:
        """As the interface says. A square image of another size is seen at the size of the training: the layers would
        take any, but they know faces at one scale alone (the paper found the same)."""
        height, width = image.shape[-2:]
        seen = resized(image, self.config.size) if height == width != self.config.size else image
        answer = self.predict_coarse(seen)
        assert answer.maps is not None
        return answer if answer.maps.mask.shape[-1] == width else replace(answer, maps=_maps_resized(answer, width))

    def predict_coarse(self, image: Tensor) -> FaceGeometry:
        """As `predict`, of the maps as they are learnt: H and W divided by `config.coarser`."""
        answer = self(image)
        classes = answer.class_logits if answer.sharper_logits is None else answer.sharper_logits
        maps = FaceMaps(
            mask=answer.mask_logits.mean(1, keepdim=True).sigmoid(),
            position_mm=answer.position * POSITION_UNIT_MM,
            correspondence=answer.correspondence,
            amodal_mask=None if answer.amodal_logits is None else answer.amodal_logits.sigmoid(),
            classes=None if classes is None else classes.softmax(1),
        )
        return FaceGeometry(maps, ambiguity="scale")

    def begin_with(self, start: Pretrained) -> bool:
        """As `Pretrained` says; also with such a network whose classes nothing sharpens."""
        if isinstance(start, Pix2Vertex) and start.config == replace(self.config, sharper=0) != self.config:
            self.networks.load_state_dict(start.networks.state_dict())
            return True
        return super().begin_with(start)

    def difference(
        self, before: FaceGeometry, after: FaceGeometry, labels: Mapping[str, Tensor], outline: float = 0.5
    ) -> Tensor:
        """As the interface says, of the maps."""
        return maps_difference(before, after, labels, outline)


def _parsed(joint: Tensor) -> Maps:
    """A parser's maps of the joint network's answer."""
    position, place, *masks = joint.split((3, 3, 1, 1, len(CLASSES)), 1)
    return Maps(position, place + 0.5, *masks)


def _maps_resized(answer: FaceGeometry, side: int) -> FaceMaps:
    """The answer's maps at another size."""
    maps = answer.maps
    assert maps is not None
    told = {
        name: resized(values, side)
        for name, values in (("amodal_mask", maps.amodal_mask), ("classes", maps.classes))
        if values is not None
    }
    mask, position_mm, correspondence = (
        resized(one, side) for one in (maps.mask, maps.position_mm, maps.correspondence)
    )
    return FaceMaps(mask, position_mm, correspondence, **told)


def _network(config: Pix2VertexConfig, channels_out: int) -> UNet | ResNet:
    if config.architecture == "resnet":
        return ResNet(channels_out, config.widths, config.unshuffle, config.norm, config.dilations, config.coarser)
    shape = (config.widths, config.unshuffle, config.norm, config.dropout, config.dilations, config.fine)
    return UNet(channels_out, *shape, coarser=config.coarser)
