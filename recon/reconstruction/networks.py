"""The reconstructor that photos are looked at with: the bundled one, or that of a weights file."""

from __future__ import annotations

from pathlib import Path

import torch

from recon import assets
from recon.errors import UserError
from recon.methods.base import Reconstructor
from recon.methods.mirrored import Mirrored


def bundled_network() -> Reconstructor:
    """Looks twice, at the image and at its mirror image (`recon.methods.mirrored`)."""
    return Mirrored(Reconstructor.from_pretrained(assets.path("weights/pix2vertex.safetensors"))).eval()


def network_of(weights: Path | None, device: str = "cpu") -> Reconstructor:
    """The reconstructor of a weights file, the bundled one without it, on a device ("cpu" or "cuda")."""
    network = Reconstructor.from_pretrained(weights) if weights else bundled_network()
    try:
        place = torch.zeros(1, device=device)
        place.item()  # some devices hold no numbers
        return network.to(place.device)
    except (RuntimeError, AssertionError):
        raise UserError(f"--device {device} is not there: give cpu, or cuda on a machine with a GPU") from None
