"""Where light comes from and what draws colours, as settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recon.configuration import bounded

Renderer = Literal["own", "pyrender"]


@dataclass(frozen=True)
class KeyLight:
    """Where the first directional light comes from, drawn normally and cut far out.

    yaw_mean_deg    mean of its yaw, degrees to the right of the camera
    yaw_sd_deg      spread of its yaw
    pitch_mean_deg  mean of its pitch, degrees upward
    pitch_sd_deg    spread of its pitch
    strength        gain on the strength that is drawn for it
    """

    yaw_mean_deg: float = bounded(0.0, -95, 95)
    yaw_sd_deg: float = bounded(38.0, 0, 180)
    pitch_mean_deg: float = bounded(28.0, -25, 75)
    pitch_sd_deg: float = bounded(18.0, 0, 90)
    strength: float = bounded(1.0, 0, 20)
