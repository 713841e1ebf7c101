"""The reconstructor that photos are looked at with: the bundled one, or that of a weights file."""

from __future__ import annotations

from pathlib import Path

import torch

from recon import assets
from recon.errors import UserError, did_you_mean
from recon.faces import load
from recon.faces.model import FaceModel
from recon.methods.base import Reconstructor
from recon.methods.mirrored import Mirrored

BUNDLED = ("pix2vertex", "prnet", "vrn", "vrn-multitask", "vrn-guided", "deca")
"""Methods of which weights may be bundled: those whose answers become meshes; of VRN each of its three networks."""


def bundled_network(method: str = BUNDLED[0]) -> Reconstructor:
    """That of a method; pix2vertex looks twice, at the image and at its mirror image (`recon.methods.mirrored`).

    Raises:
        UserError: no weights of the method are bundled.
    """
    if method not in BUNDLED:
        raise UserError(f"no network of the method '{method}' is bundled{did_you_mean(method, BUNDLED)}")
    file = assets.path("weights") / f"{method}.safetensors"
    if not file.is_file():
        raise UserError(f"no weights of the method '{method}' are bundled yet: train some and give them with --network")
    network = Reconstructor.from_pretrained(file)
    return Mirrored(network).eval() if method == BUNDLED[0] else network


def kind_of(network: Reconstructor) -> str:
    """What `--method` calls it: its method, and of VRN which of the three networks, unless it is the plain one."""
    variant = getattr(network.config, "variant", "plain")
    return network.name if variant == "plain" else f"{network.name}-{variant}"


def network_of(weights: Path | None, device: str = "cpu", method: str | None = None) -> Reconstructor:
    """The reconstructor of a weights file, the bundled one of a method without it, on a device ("cpu" or "cuda").

    Raises:
        UserError: there is none, the file holds another method's, or the device is not there.
    """
    network = Reconstructor.from_pretrained(weights) if weights else bundled_network(method or BUNDLED[0])
    if weights and method not in (None, network.name, kind_of(network)):
        raise UserError(f"{weights} holds a network of {kind_of(network)}, not of {method}: leave --method out")
    if not getattr(network.config, "aligned", True):
        raise UserError(f"{weights} shows heads from the front, wherever a photo's is: evaluate it, give another here")
    try:
        place = torch.zeros(1, device=device)
        place.item()  # some devices hold no numbers
        return network.to(place.device)
    except (RuntimeError, AssertionError):
        raise UserError(f"--device {device} is not there: give cpu, or cuda on a machine with a GPU") from None


def model_for(network: Reconstructor, name: str | None) -> FaceModel:
    """The face model that a network's answers become meshes of: `name`, as `recon.faces.load` has it; None: that of
    which the network tells parameters, or the default one, which is laid on its maps.

    Raises:
        UserError: there is no such model, or the network tells parameters of another.
    """
    own = network.topology
    model = load(name or own or "default")
    if own is not None and load(own) is not model:
        raise UserError(f"--model {name}: this network tells parameters of '{own}' alone: leave it out")
    return model
