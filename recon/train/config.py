"""What photos do to an image, as settings."""

from __future__ import annotations

from dataclasses import dataclass

from recon.configuration import bounded
from recon.ranges import SHARE


@dataclass(frozen=True)
class AugmentConfig:
    """Strengths; 0 everywhere leaves a batch as it is.

    occluders   most shapes before one face (each image draws 0 to this many)
    colour      width of the jitter of brightness, contrast, saturation, hue, white balance and gamma; 1 is strong
    channels    each colour channel is multiplied by 1 give or take up to this (PRNet and VRN: 0.4)
    grey        probability of a grey image
    shadow      probability of a soft shadow over a part of the image
    degrade     probability of each of blur or coarse pixels, noise, and JPEG
    """

    occluders: int = bounded(3, 0, 100)
    colour: float = bounded(1.0, 0, 2)
    channels: float = bounded(0.0, *SHARE)
    grey: float = bounded(0.1, *SHARE)
    shadow: float = bounded(0.4, *SHARE)
    degrade: float = bounded(0.4, *SHARE)
