"""PRNet behind the one interface."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from recon.methods.base import FaceGeometry, Reconstructor
from recon.methods.layers import refuse_other_size, resized
from recon.methods.prnet.config import PRNetConfig
from recon.methods.prnet.difference import map_difference
from recon.methods.prnet.geometry import PositionGeometry, geometry_of
from recon.methods.prnet.position_network import PositionNetwork, in_pixels


class PRNet(Reconstructor):
    """Section 3: the complete face as a UV position map of the default model's atlas."""

    name, config_class = "prnet", PRNetConfig
    config: PRNetConfig

    def __init__(self, config: PRNetConfig):
        super().__init__()
        self.config = config
        self.network = PositionNetwork(config)

    @property
    def size(self) -> int:
        """As the interface says."""
        return self.config.size

    def forward(self, image: Tensor) -> Tensor:
        """image (B, 3, S, S) float RGB in [0, 1] -> (B, 3, S, S) float32 px, the map of `UvPositionTarget`.

        Raises:
            UserError: the image is of another size than the network's.
        """
        refuse_other_size(image, self.size)
        return in_pixels(self.network(image), self.size)

    def predict(self, image: Tensor) -> PositionGeometry:
        """As the interface says, of a square image; one of another size is seen at the network's. The maps carry no
        gradient, mesh and landmarks do (`geometry_of`, which also states the rule of the scale)."""
        height, width = image.shape[-2:]
        seen = resized(image, self.size) if height == width != self.size else image
        position_map = self(seen)
        with torch.autocast(image.device.type, enabled=False):  # bfloat16 would round places to a quarter of a pixel
            return geometry_of(position_map, width)

    def difference(
        self, before: FaceGeometry, after: FaceGeometry, labels: Mapping[str, Tensor], outline: float = 0.5
    ) -> Tensor:
        """As the interface says, of the position maps under PRNet's weight mask (`map_difference`). `outline` does not
        matter: where the face ends follows from the map."""
        assert isinstance(before, PositionGeometry) and isinstance(after, PositionGeometry)
        return map_difference(before.position_map, after.position_map, labels.get("emphasis"))
