"""Face reconstruction: face models, renderer with exact labels, networks, training and evaluation.

    import recon

    face = recon.reconstruct("photo.jpg")[0]  # every face of the photo, the largest first

Data flows downward through the rooms; `docs/architecture.md` draws them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recon.detail.config import DetailConfig as DetailConfig
    from recon.reconstruction.config import ReconstructionConfig as ReconstructionConfig
    from recon.reconstruction.pipeline import reconstruct as reconstruct
    from recon.registration.config import RegistrationConfig as RegistrationConfig

_HOMES = {
    "DetailConfig": "recon.detail.config",
    "ReconstructionConfig": "recon.reconstruction.config",
    "reconstruct": "recon.reconstruction.pipeline",
    "RegistrationConfig": "recon.registration.config",
}


def __getattr__(name: str) -> Any:
    # Imported when asked for: `recon --help` does not wait for torch.
    if name not in _HOMES:
        raise AttributeError(f"module 'recon' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)
