"""The network under evaluation: its file, how it is asked, and what is said of it in a result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from recon.methods.base import FaceGeometry, Reconstructor, device_of
from recon.methods.mirrored import Mirrored
from recon.methods.pretrained import digest, weights_file
from recon.reconstruction.networks import bundled_files, bundled_network


def open_network(place: Path | None, mirrored: bool) -> Reconstructor:
    """The reconstructor that a protocol's `network` names, a file, folder or Hub id, on the GPU where there is one.

    None: the one that users get (`recon.reconstruction.networks.bundled_network`), of which the frontal one looks twice
    in any case. mirrored: what is opened looks twice.
    """
    network = bundled_network() if place is None else Reconstructor.from_pretrained(weights_file(place))
    network = Mirrored(network) if mirrored else network
    return network.to("cuda" if torch.cuda.is_available() else "cpu")


def digests(*places: Path | None) -> dict[str, str]:
    """{name of the place: SHA-256} of what `open_network` opens for each, for a result's `weights`; None: both files
    of the bundled one, each by its own name."""
    files = [
        (place, file) for place in places for file in (bundled_files() if place is None else [weights_file(place)])
    ]
    return {(place or file).name: digest(file) for place, file in files}


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
