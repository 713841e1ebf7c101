"""PRNet's network and loss, as settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recon.configuration import bounded
from recon.errors import UserError
from recon.methods.widths import GROUP, refuse_widths
from recon.ranges import PIXELS, WEIGHT, WIDTH

HALVINGS = 5


@dataclass(frozen=True)
class PRNetConfig:
    """The defaults are the paper's network (section 3.2 and its authors' layers).

    The small one of configs/recon/prnet_128_cpu.yaml has the same blocks in the same order; it changes: size 128; fewer
    channels at the lowest levels; pixels unshuffled by 2, so that the lowest maps are 2x2 and not 8x8; group norm; a
    bilinear decoder with a head of 1x1 convolutions in place of the last three transposed ones.

    size       px, the side of images and position maps
    widths     channels of the first convolution, then of each pair of the ten blocks; backwards, of the decoder's runs
    unshuffle  2x2 pixels folded into channels first, the map doubled bilinearly at the end: quicker; 1 is off
    norm       "batch" (the paper's, its running statistics when frozen), or "group", which has none
    decoder    "transposed" (the paper's), or "bilinear": 3x3 convolutions, after a doubling where it doubles,
               which print no checkerboard into the map
    """

    size: int = bounded(256, *PIXELS)
    widths: tuple[int, ...] = bounded((16, 32, 64, 128, 256, 512), *WIDTH)
    unshuffle: int = bounded(1, 1, 8)
    norm: Literal["batch", "group"] = "batch"
    decoder: Literal["transposed", "bilinear"] = "transposed"

    def __post_init__(self) -> None:
        if len(self.widths) != HALVINGS + 1 or any(width % 2 for width in self.widths):
            raise UserError(f"widths {list(self.widths)}: give {HALVINGS + 1} even numbers of channels")
        if self.norm == "group":
            refuse_widths([*self.widths, *(width // 2 for width in self.widths[1:])], GROUP)
        if self.size % self.stride:
            raise UserError(f"size {self.size} is not divisible by {self.stride}, as five halvings and unshuffle need")

    @property
    def stride(self) -> int:
        """Pixels of the image, along each axis, for one place of the lowest maps."""
        return self.unshuffle * 2**HALVINGS


@dataclass(frozen=True)
class PRNetLossConfig:
    """The weights of the loss.

    position  of the weighted squared error, in shares of the image's side
    ratios    how much the map's pixels of the 68 landmarks, of eyes, nose and mouth, of the rest of the face and of the
              neck count; the paper's ablation has 1 1 1 1 (no mask) and 1 1 1 0 as well
    """

    position: float = bounded(100.0, *WEIGHT)
    ratios: tuple[float, float, float, float] = bounded((16.0, 4.0, 3.0, 0.0), *WEIGHT)

    def __post_init__(self) -> None:
        if not sum(self.ratios) > 0:
            raise UserError("losses.ratios are all 0: let some part of the face count")


CONFIGS = (PRNetConfig, PRNetLossConfig)
