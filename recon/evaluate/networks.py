"""The network under evaluation: its file, how it is asked, and what is said of it in a result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from recon import assets
from recon.methods.base import FaceGeometry, Reconstructor, device_of
from recon.methods.mirrored import Mirrored
from recon.methods.pretrained import digest, weights_file


def network_file(place: Path | None) -> Path:
    """The weights that a protocol's `network` names, a file, folder or Hub id: the bundled ones where it is None."""
    return assets.path("weights/pix2vertex.safetensors") if place is None else weights_file(place)


def open_network(place: Path | None, mirrored: bool) -> Reconstructor:
    """The reconstructor of `network_file(place)`, on the GPU where there is one; looking twice where `mirrored`."""
    network = Reconstructor.from_pretrained(network_file(place))
    network = Mirrored(network) if mirrored else network
    return network.to("cuda" if torch.cuda.is_available() else "cpu")


def digests(*places: Path | None) -> dict[str, str]:
    """{name of the place: SHA-256} of `network_file` of each, for a result's `weights`."""
    files = [network_file(place) for place in places]
    return {(place or file).name: digest(file) for place, file in zip(places, files, strict=True)}


@torch.no_grad()
def predict_images(network: Reconstructor, images: np.ndarray) -> FaceGeometry:
    """images (B, H, W, 3) uint8 RGB -> FaceGeometry, on the device of the network's weights and in evaluation mode."""
    training = network.training
    network.eval()
    try:
        batch = torch.as_tensor(images).permute(0, 3, 1, 2).to(device_of(network), torch.float32) / 255
        return network.predict(batch)
    finally:
        network.train(training)
