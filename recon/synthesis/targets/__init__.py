"""What a method learns from a record, as tensors: one target a file."""

from recon.synthesis.targets.base import Target
from recon.synthesis.targets.heat_maps import HeatMapTarget
from recon.synthesis.targets.maps import MapsTarget
from recon.synthesis.targets.mesh import MeshTarget
from recon.synthesis.targets.skin import SkinTarget
from recon.synthesis.targets.uv_position import UvPositionTarget
from recon.synthesis.targets.volume import VolumeTarget
from recon.synthesis.targets.with_maps import WithMaps

__all__ = [
    "HeatMapTarget",
    "MapsTarget",
    "MeshTarget",
    "SkinTarget",
    "Target",
    "UvPositionTarget",
    "VolumeTarget",
    "WithMaps",
]
