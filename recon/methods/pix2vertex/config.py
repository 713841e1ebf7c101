"""pix2vertex's networks and losses, as settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recon.configuration import bounded
from recon.errors import UserError
from recon.methods.widths import GROUP, refuse_widths
from recon.ranges import PIXELS, SHARE, WEIGHT, WIDTH


@dataclass(frozen=True)
class Pix2VertexConfig:
    """The defaults are the paper's 512 px networks (supplement A), at full width.

    outputs       "separate": one network for the geometry and one for the correspondence (the paper's preference);
                  "joint": a single one for both
    size          px, the side of the training images; predictions are best near it
    architecture  "unet" (the paper's) or "resnet" (an independent judge)
    widths        channels of each level, from fine to coarse
    unshuffle     2x2 (or 4x4) pixels folded into channels first: quicker and a little softer; 1 is off
    norm          "instance" or "group", never over the batch: a frozen network answers the same always
    dropout       in the U-Net's first three decoder layers while training, never when frozen
    dilations     of the residual blocks at the lowest level, one a block; none in the paper's U-Net
    fine          channels of the U-Net's skip before the first halving, with a decoder that doubles bilinearly;
                  0 in the paper's
    coarser       pixels of the image, along each axis, for one of the maps that are learnt: 2 halves what losses cost;
                  answers are resized to the image
    parser        the joint network also tells what each pixel shows (`recon.faces.parsing`) and the mask of the whole
                  face, under hair and things as well; none in the paper's
    sharper       channels of what sharpens a parser's classes, beside the U-Net's head (recon/methods/pix2vertex/
                  sharper.py); training it changes nothing else of the network; 0: nothing does
    """

    outputs: Literal["separate", "joint"] = "separate"
    size: int = bounded(512, *PIXELS)
    architecture: Literal["unet", "resnet"] = "unet"
    widths: tuple[int, ...] = bounded((64, 128, 256, 512, 512, 512, 512, 512), *WIDTH)
    unshuffle: int = bounded(1, 1, 8)
    norm: Literal["instance", "group"] = "instance"
    dropout: float = bounded(0.5, *SHARE)
    dilations: tuple[int, ...] = bounded((), 1, 256)
    fine: int = bounded(0, 0, 8192)
    coarser: int = bounded(1, 1, 8)
    parser: bool = False
    sharper: int = bounded(0, 0, 1024)

    def __post_init__(self) -> None:
        refuse_widths(self.widths, GROUP if self.norm == "group" else None)
        if self.size % self.stride:
            raise UserError(f"size {self.size} is not divisible by {self.stride}, as widths and unshuffle need")
        if self.sharper:
            if not (self.parser and self.architecture == "unet"):
                raise UserError(
                    "sharper needs a U-Net with a parser: set architecture to unet and parser to true, or sharper to 0"
                )
            if self.unshuffle % self.coarser:
                raise UserError(f"sharper needs an unshuffle that coarser divides: {self.unshuffle} by {self.coarser}")
            refuse_widths((self.sharper,), GROUP if self.norm == "group" else None)

    @property
    def stride(self) -> int:
        """What the sides of images must be divisible by: a U-Net halves once a level, a ResNet between two."""
        return self.unshuffle * 2 ** (len(self.widths) - (self.architecture == "resnet"))


@dataclass(frozen=True)
class Pix2VertexLossConfig:
    """The weights of the losses.

    position        of the L1 on positions: the paper's lambda_L1 = 100
    correspondence  of the L1 on correspondence: the paper's lambda_L1 = 100
    normals         of equation 1, a mean over components: three times the paper's lambda_N = 10, which is 10 for the
                    norm as a sum; 0 is the ablation
    mask            of the mask's losses, which are ours: the paper's networks paint the background instead
    dice            of the overlap within the mask's losses, beside its cross-entropy of weight 1
    classes         of what each pixel shows, a parser's, ours too
    sharper         of the same after what sharpens it, with the overlap of each class
    amodal          of the mask of the whole face, a parser's, ours too
    """

    position: float = bounded(100.0, *WEIGHT)
    correspondence: float = bounded(100.0, *WEIGHT)
    normals: float = bounded(30.0, *WEIGHT)
    mask: float = bounded(10.0, *WEIGHT)
    dice: float = bounded(0.5, *WEIGHT)
    classes: float = bounded(5.0, *WEIGHT)
    sharper: float = bounded(5.0, *WEIGHT)
    amodal: float = bounded(5.0, *WEIGHT)


CONFIGS = (Pix2VertexConfig, Pix2VertexLossConfig)
