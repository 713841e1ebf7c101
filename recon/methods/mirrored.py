"""A reconstructor that looks twice, at the image and at its mirror image, and answers the mean."""

from __future__ import annotations

from torch import Tensor

from recon.methods.base import FaceGeometry, Reconstructor


class Mirrored(Reconstructor):
    """Wraps a reconstructor whose correspondence names places on the default face, which is symmetric about x = 0.5.

    Twice the work, and errors that are not symmetric are halved. For results, not for losses.
    """

    def __init__(self, network: Reconstructor):
        super().__init__()
        self.network = network
        self.config = getattr(network, "config", None)

    def predict(self, image: Tensor) -> FaceGeometry:
        """As the interface says."""
        straight, mirrored = self.network.predict(image), self.network.predict(image.flip(-1))
        position, correspondence = mirrored.position_mm.flip(-1), mirrored.correspondence.flip(-1)
        position = position * position.new_tensor([-1.0, 1.0, 1.0])[:, None, None]
        other = correspondence.new_tensor([1.0, 0.0, 0.0])[:, None, None]
        correspondence = other + correspondence * (1 - 2 * other)
        return FaceGeometry(
            mask=(straight.mask + mirrored.mask.flip(-1)) / 2,
            position_mm=(straight.position_mm + position) / 2,
            correspondence=(straight.correspondence + correspondence) / 2,
            ambiguity=straight.ambiguity,
        )
