"""The reconstructor that photos are looked at with: the bundled one, or that of a weights file."""

from __future__ import annotations

from pathlib import Path

import torch

from recon import assets
from recon.errors import UserError, did_you_mean
from recon.faces import load
from recon.faces.model import FaceModel
from recon.methods.base import Reconstructor
from recon.methods.by_pose import ByPose
from recon.methods.mirrored import Mirrored

BUNDLED = ("pix2vertex", "prnet", "vrn", "vrn-multitask", "vrn-guided", "deca")
"""Methods of which weights may be bundled: those whose answers become meshes; of VRN each of its three networks."""


TURNED = "wild"
"""The weights of pix2vertex that are asked about heads turned away."""


def bundled_network(method: str = BUNDLED[0]) -> Reconstructor:
    """That of a method. pix2vertex is two: one for heads turned away, and one for heads from the front, which looks
    twice, at the image and at its mirror image (`recon.methods.by_pose`, `recon.methods.mirrored`).

    Raises:
        UserError: no weights of the method are bundled.
    """
    network = Reconstructor.from_pretrained(bundled_files(method)[0])
    if method != BUNDLED[0]:
        return network
    return ByPose(Mirrored(network), Reconstructor.from_pretrained(bundled_files(method)[1])).eval()


def bundled_files(method: str = BUNDLED[0]) -> tuple[Path, ...]:
    """The weights of `bundled_network(method)`.

    Raises:
        UserError: no weights of the method are bundled.
    """
    if method not in BUNDLED:
        raise UserError(f"no network of the method '{method}' is bundled{did_you_mean(method, BUNDLED)}")
    names = (method, TURNED) if method == BUNDLED[0] else (method,)
    files = tuple(assets.path("weights") / f"{name}.safetensors" for name in names)
    if not all(file.is_file() for file in files):
        raise UserError(f"no weights of the method '{method}' are bundled yet: train some and give them with --network")
    return files


def kind_of(network: Reconstructor) -> str:
    """What `--method` calls it: its method, DECA with one stage or two, and of VRN which of the three networks, unless
    it is the plain one."""
    variant, method = getattr(network.config, "variant", "plain"), network.name.removesuffix("_detail")
    return method if variant == "plain" else f"{method}-{variant}"


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
