"""DECA's network and losses, as settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recon.configuration import bounded
from recon.ranges import PIXELS, WEIGHT, WIDTH

CODES = (1, 1000)  # of a kind


@dataclass(frozen=True)
class DecaConfig:
    """The defaults are the paper's coarse stage (section 4.1), but for the face model, which is the bundled one.

    size        px, the side of the images
    encoder     "resnet50" (the paper's), "resnet18", a third of its cost, or "resnet10", half of that one
    norm        "batch" (the paper's, its running statistics when frozen), or "group", which has none
    features    of the layer between the encoder and the codes
    model       the face model: "default", "ict:DIR", "flame:PATH", "bfm:PATH"
    shape       codes of it at most: of a model with fewer, all of its
    texture     the same, of its texture space
    expression  the same; the jaw's and the eyes' are left out of them, the jaw being turned by the pose
    albedo      "own", the texture space that the model is published with; "plain", and where its kind has none, the
                declared stand-in of `recon.faces.plain_albedo`
    texture_px  side of the albedo and of the displacement, laid over the model's uv
    """

    size: int = bounded(224, *PIXELS)
    encoder: Literal["resnet50", "resnet18", "resnet10"] = "resnet50"
    norm: Literal["batch", "group"] = "batch"
    features: int = bounded(1024, *WIDTH)
    model: str = "default"
    shape: int = bounded(100, *CODES)
    texture: int = bounded(50, *CODES)
    expression: int = bounded(50, *CODES)
    albedo: Literal["own", "plain"] = "own"
    texture_px: int = bounded(256, *PIXELS)


@dataclass(frozen=True)
class DecaLossConfig:
    """The weights of the coarse losses; a weight of 0 leaves a loss out. The defaults are the paper's second stage.

    landmarks    of the 68 points' L1, in halves of the image's side
    eye          of the eyes' closure
    lip          of the lips' distance
    photometric  of the picture's L1 inside the skin
    identity     of 1 - cos of a face embedder's two answers; without an embedder there is none
    consistency  of all of these again, with the shape of another picture of the same person (`shots` of an experiment)
    truth        of the neutral shape's distance from the true one, mm, and of that by expression and jaw, where a
                 source knows them: not the paper's, which knows none
    shape        of the squared shape codes
    expression   of the squared expression codes
    texture      of the squared texture codes
    embedder     the weights of our face embedder, or the TorchScript file of anybody's that `identity` asks; null: none
    """

    landmarks: float = bounded(1.0, *WEIGHT)
    eye: float = bounded(1.0, *WEIGHT)
    lip: float = bounded(0.5, *WEIGHT)
    photometric: float = bounded(2.0, *WEIGHT)
    identity: float = bounded(0.2, *WEIGHT)
    consistency: float = bounded(1.0, *WEIGHT)
    truth: float = bounded(0.0, *WEIGHT)
    shape: float = bounded(1e-4, *WEIGHT)
    expression: float = bounded(1e-4, *WEIGHT)
    texture: float = bounded(1e-4, *WEIGHT)
    embedder: str | None = None


CONFIGS = (DecaConfig, DecaLossConfig)
