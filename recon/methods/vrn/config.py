"""VRN's networks and losses, as settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recon.configuration import bounded
from recon.errors import UserError
from recon.methods.widths import GROUP, refuse_widths
from recon.ranges import PIXELS, WEIGHT, WIDTH

STEM = 4  # pixels of the image, along each axis, for one place of the hourglasses


@dataclass(frozen=True)
class VRNConfig:
    """The defaults are the paper's network (section 3.3), with a stem and a way back that are ours.

    The text says two (multitask: three) hourglasses, an input of 192x192 px and an output of 192x192x200; residual
    modules of 256 channels and their form are Newell's, on whose network it builds. Lost are the stem and the way back
    to full size (`recon.methods.vrn.layers`). Small files change: the sizes; fewer channels; a smaller first kernel;
    group norm, which is the same frozen.

    size             px, the side of images
    volume           voxels along a volume's width and height: size, or a half or a quarter of it
    depth            layers of a volume
    layer_px         a layer's thickness in pixels of the image; the authors' code halves z, so theirs is 0.5
    variant          "plain": two hourglasses; "multitask": one, then a fork of two, to 68 heat maps and to the volume;
                     "guided": two, which see the 68 landmarks as Gaussians beside the image
    width            channels of the residual modules
    levels           halvings of an hourglass
    kernel           side of the stem's first convolution
    norm             "batch" (Newell's, its running statistics when frozen), or "group", which has none
    sigma_px         of the landmarks' Gaussians, in pixels of the maps that hold them
    aligned          the volume lies where the image shows the head; off: it shows the head from the front, the paper's
                     comparison (section 5), whose answers are to be evaluated and not to be used
    landmark_width   guided: channels of the landmark network, two hourglasses more; 0: none, landmarks must be given
    """

    size: int = bounded(192, *PIXELS)
    volume: int = bounded(192, *PIXELS)
    depth: int = bounded(200, 8, 4096)
    layer_px: float = bounded(0.5, 0.01, 100)
    variant: Literal["plain", "multitask", "guided"] = "plain"
    width: int = bounded(256, *WIDTH)
    levels: int = bounded(4, 1, 8)
    kernel: int = bounded(7, 1, 15)
    norm: Literal["batch", "group"] = "batch"
    sigma_px: float = bounded(1.0, 0.1, 100)
    landmark_width: int = bounded(256, 0, WIDTH[1])
    aligned: bool = True

    def __post_init__(self) -> None:
        if self.volume not in (self.size, self.size / 2, self.size / 4):
            raise UserError(f"volume {self.volume} is not size {self.size}, its half or its quarter: give one of these")
        if self.size % self.stride:
            raise UserError(f"size {self.size} is not divisible by {self.stride}, as levels {self.levels} needs")
        if not self.kernel % 2:
            raise UserError(f"kernel {self.kernel} is even: give an odd one")
        widths = [self.width, self.landmark_width] if self.variant == "guided" else [self.width]
        for width in widths:
            if width % 4:
                raise UserError(f"width {width} is not divisible by 4, as the stem needs")
            if self.norm == "group":
                refuse_widths([width // 4, width // 2, width], GROUP)

    @property
    def stride(self) -> int:
        """Pixels of the image, along each axis, for one place of the hourglasses' lowest maps."""
        return STEM * 2**self.levels

    @property
    def coarser(self) -> int:
        """Pixels of the image along a voxel's width and height."""
        return self.size // self.volume

    @property
    def doublings(self) -> int:
        """From the hourglasses' places to the volume's."""
        return (STEM // self.coarser).bit_length() - 1


@dataclass(frozen=True)
class VRNLossConfig:
    """The weights of the losses.

    volume      of the sigmoid cross-entropy, a mean over voxels (the paper's is the sum)
    landmarks   of the heat maps' cross-entropy, a mean over landmarks; the plain network has none
    """

    volume: float = bounded(10.0, *WEIGHT)
    landmarks: float = bounded(0.2, *WEIGHT)


CONFIGS = (VRNConfig, VRNLossConfig)
