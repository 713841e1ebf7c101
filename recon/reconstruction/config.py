"""A face's way to a mesh as settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from recon.configuration import bounded
from recon.detail.config import DetailConfig
from recon.registration.config import RegistrationConfig
from recon.render.config import Renderer


@dataclass(frozen=True)
class ReconstructionConfig:
    """How a face that a network saw becomes a mesh.

    registration  of the template to the network's surface
    detail        the relief that the photo's shading shows; null leaves it out
    texture_px    side of the texture
    renderer      draws the pictures of the meshes, sheet and turntable: "own", or "pyrender" (extra: preview)
    """

    registration: RegistrationConfig = field(default_factory=RegistrationConfig)
    detail: DetailConfig | None = field(default_factory=DetailConfig)
    texture_px: int = bounded(1024, 16, 8192)
    renderer: Renderer = "own"
