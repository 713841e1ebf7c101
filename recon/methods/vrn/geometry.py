"""A volume as a mesh, as landmarks and as maps of the image."""

from __future__ import annotations

from torch import Tensor

from recon.methods.base import FaceGeometry
from recon.methods.vrn.config import VRNConfig


class VolumeGeometry(FaceGeometry):
    """stub"""

    def __init__(self, volume: Tensor, heat: Tensor | None, config: VRNConfig, side: int):
        for name, value in {"volume": volume, "heat": heat, "config": config, "side": side}.items():
            object.__setattr__(self, name, value)
