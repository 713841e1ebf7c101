"""The reconstructor that photos are looked at with: the bundled one, or that of a weights file."""

from __future__ import annotations

from pathlib import Path

import torch

from recon import assets
from recon.errors import UserError, did_you_mean
from recon.methods.base import Reconstructor
from recon.methods.mirrored import Mirrored

BUNDLED = ("pix2vertex", "prnet", "vrn")
"""Methods of which weights may be bundled: those whose answers become meshes."""


def bundled_network(method: str = BUNDLED[0]) -> Reconstructor:
    """That of a method; pix2vertex looks twice, at the image and at its mirror image (`recon.methods.mirrored`).

    Raises:
        UserError: no weights of the method are bundled.
    """
    if method not in BUNDLED:
        raise UserError(f"no network of the method '{method}' is bundled{did_you_mean(method, BUNDLED)}")
    network = Reconstructor.from_pretrained(assets.path(f"weights/{method}.safetensors"))
    return Mirrored(network).eval() if method == BUNDLED[0] else network


def network_of(weights: Path | None, device: str = "cpu", method: str | None = None) -> Reconstructor:
    """The reconstructor of a weights file, the bundled one of a method without it, on a device ("cpu" or "cuda").

    Raises:
        UserError: there is none, the file holds another method's, or the device is not there.
    """
    network = Reconstructor.from_pretrained(weights) if weights else bundled_network(method or BUNDLED[0])
    if weights and method not in (None, network.name):
        raise UserError(f"{weights} holds a network of {network.name}, not of {method}: leave --method out")
    try:
        place = torch.zeros(1, device=device)
        place.item()  # some devices hold no numbers
        return network.to(place.device)
    except (RuntimeError, AssertionError):
        raise UserError(f"--device {device} is not there: give cpu, or cuda on a machine with a GPU") from None
