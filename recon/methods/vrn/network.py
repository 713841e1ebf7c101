"""VRN behind the one interface."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from recon.methods.base import FaceGeometry, Reconstructor
from recon.methods.layers import refuse_other_size, resized
from recon.methods.vrn.config import VRNConfig
from recon.methods.vrn.difference import volume_difference
from recon.methods.vrn.geometry import VolumeGeometry
from recon.methods.vrn.volume_network import Logits, volume_network


class VRN(Reconstructor):
    """Section 3: the head as a volume aligned with the image; plain, multitask or guided by landmarks."""

    name, config_class = "vrn", VRNConfig
    config: VRNConfig

    def __init__(self, config: VRNConfig):
        super().__init__()
        self.config = config
        self.network = volume_network(config)

    @property
    def size(self) -> int:
        """As the interface says."""
        return self.config.size

    def forward(self, image: Tensor, landmarks_px: Tensor | None = None) -> Logits:
        """image (B, 3, S, S) float RGB in [0, 1] -> the volume of `VolumeTarget` and heat maps, as logits.

        landmarks_px: (B, 68, 2) float px, what guides the guided network; None: what it finds itself.
        Raises:
            UserError: the image is of another size than the network's; a guided network that finds none was given none.
        """
        refuse_other_size(image, self.size)
        return self.network(image, landmarks_px)

    def predict(self, image: Tensor, landmarks_px: Tensor | None = None) -> VolumeGeometry:
        """As the interface says, of a square image; one of another size is seen at the network's.

        The volume is differentiable in the image. Mesh, maps and landmarks are worked out of it when they are first
        asked for, a second or so a face, and carry no gradient. landmarks_px: as in `forward`, px of this image.
        """
        height, width = image.shape[-2:]
        seen, marks = image, landmarks_px
        if height == width != self.size:
            seen = resized(image, self.size)
            marks = None if landmarks_px is None else landmarks_px * (self.size / width)
        found = self(seen, marks)
        return VolumeGeometry(found.volume, found.heat, self.config, width)

    def difference(
        self, before: FaceGeometry, after: FaceGeometry, labels: Mapping[str, Tensor], outline: float = 0.5
    ) -> Tensor:
        """As the interface says, of the volumes (`volume_difference`). `outline` does not matter: where the face ends
        follows from the volume."""
        assert isinstance(before, VolumeGeometry) and isinstance(after, VolumeGeometry)
        return volume_difference(before.volume, after.volume, labels.get("emphasis"))
