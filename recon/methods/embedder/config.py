"""The embedder's network and loss, as settings."""

from __future__ import annotations

from dataclasses import dataclass

from recon.configuration import bounded
from recon.errors import UserError
from recon.ranges import PIXELS, WEIGHT, WIDTH

LEVELS = 4


@dataclass(frozen=True)
class EmbedderConfig:
    """A ResNet-18 (He et al. 2016) with a stem for small images: one 3x3 convolution of stride 2.

    size     px, the side of the images it was trained on
    widths   channels of the four levels; the paper's are 64, 128, 256, 512
    numbers  of an embedding
    people   of the training, each with a direction of its own in the margin's classifier
    """

    size: int = bounded(96, *PIXELS)
    widths: tuple[int, ...] = bounded((64, 128, 256, 512), *WIDTH)
    numbers: int = bounded(128, 2, 4096)
    people: int = bounded(1000, 2, 10**7)

    def __post_init__(self) -> None:
        if len(self.widths) != LEVELS:
            raise UserError(f"widths {list(self.widths)}: give the channels of {LEVELS} levels")


@dataclass(frozen=True)
class EmbedderLossConfig:
    """The weight of the loss, and its margin (Deng et al. 2019, equation 3).

    margin      of the additive angular margin loss
    angle       the margin itself, radians
    sharpness   s, which multiplies the cosines
    """

    margin: float = bounded(1.0, *WEIGHT)
    angle: float = bounded(0.3, 0, 1.5)
    sharpness: float = bounded(24.0, 1, 1000)


CONFIGS = (EmbedderConfig, EmbedderLossConfig)
