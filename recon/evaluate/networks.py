"""The network under evaluation: its file, how it is asked, and what is said of it in a result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from recon import assets
from recon.evaluate.results import sha256_of
from recon.methods.base import FaceGeometry, Reconstructor
from recon.methods.mirrored import Mirrored
from recon.methods.weights import load_reconstructor


def network_file(file: Path | None) -> Path:
    """The weights that a protocol's `network` names: the bundled ones where it is None."""
    return file or assets.path("weights/pix2vertex.safetensors")


def open_network(file: Path | None, mirrored: bool) -> Reconstructor:
    """The reconstructor of `network_file(file)`, on the GPU where there is one; looking twice where `mirrored`."""
    network = load_reconstructor(network_file(file))
    network = Mirrored(network) if mirrored else network
    return network.to("cuda" if torch.cuda.is_available() else "cpu")


def digest(file: Path | None) -> dict[str, str]:
    """{name: SHA-256} of `network_file(file)`, for a result's `weights`."""
    return sha256_of(network_file(file))


@torch.no_grad()
def predict_images(network: Reconstructor, images: np.ndarray) -> FaceGeometry:
    """images (B, H, W, 3) uint8 RGB -> FaceGeometry, on the device of the network's weights and in evaluation mode."""
    weight = next(network.parameters(), torch.zeros(()))
    training = network.training
    network.eval()
    try:
        batch = torch.as_tensor(images).permute(0, 3, 1, 2).to(weight.device, torch.float32) / 255
        return network.predict(batch)
    finally:
        network.train(training)
