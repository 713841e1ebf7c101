"""DECA's detail stage, as settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from recon.configuration import bounded
from recon.errors import UserError
from recon.methods.deca.config import DecaConfig
from recon.ranges import WEIGHT, WIDTH

LOWEST_PX = 8  # of the decoder's first maps
MOST_WIDTHS = 6


@dataclass(frozen=True)
class DetailConfig:
    """The defaults are the paper's detail stage (section 4.2).

    coarse    the coarse stage's network, whose weights the experiment's `start` has
    encoder   of the detail code: "resnet50" (the paper's), "resnet18", or "resnet10", half of that one
    code      numbers of the detail code, which is a person's own
    widths    of the decoder's convolutions, each after a doubling from 8 px: five of them make a map of 256 px
    limit_mm  greatest displacement
    """

    coarse: DecaConfig = field(default_factory=DecaConfig)
    encoder: Literal["resnet50", "resnet18", "resnet10"] = "resnet50"
    code: int = bounded(128, 1, 4096)
    widths: tuple[int, ...] = bounded((128, 64, 64, 32, 16), *WIDTH)
    limit_mm: float = bounded(10.0, 0.01, 100)

    def __post_init__(self) -> None:
        if not 1 <= len(self.widths) <= MOST_WIDTHS:
            raise UserError(f"widths {list(self.widths)}: give the channels of 1 to {MOST_WIDTHS} doublings")

    @property
    def size(self) -> int:
        """px, the side of the images: the coarse stage's."""
        return self.coarse.size

    @property
    def texture_px(self) -> int:
        """Side of the displacement map."""
        return LOWEST_PX * 2 ** len(self.widths)


@dataclass(frozen=True)
class DetailLossConfig:
    """The weights of the detail losses; a weight of 0 leaves a loss out. The defaults are the paper's; displacements
    are in mm, where the authors' code has metres, in which the last two weigh next to nothing.

    photometric  of the detailed picture's L1 inside the skin
    mrf          of the ID-MRF loss; without `features` there is none
    consistency  of both again, with the detail code of another picture of the same person (`shots` of an experiment)
    symmetry     of the soft symmetry loss
    displacement of the displacement's L1
    height       of the displacement's squared distance, mm^2, from the height of drawn people's furrows, where a source
                 knows it: not the paper's, which knows none
    features     what the ID-MRF loss compares: "vgg19", torchvision's weights, fetched when first asked for; a file of
                 VGG19's weights (.pth); or our own embedder (.safetensors), a stand-in for it; null: none
    """

    photometric: float = bounded(2.0, *WEIGHT)
    mrf: float = bounded(0.05, *WEIGHT)
    consistency: float = bounded(1.0, *WEIGHT)
    symmetry: float = bounded(5e-3, *WEIGHT)
    displacement: float = bounded(5e-3, *WEIGHT)
    height: float = bounded(0.0, *WEIGHT)
    features: str | None = None


CONFIGS = (DetailConfig, DetailLossConfig)
