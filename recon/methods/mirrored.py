"""A reconstructor that looks twice, at the image and at its mirror image, and answers the mean."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from recon.methods.base import FaceGeometry, FaceMaps, Reconstructor


class Mirrored(Reconstructor):
    """Wraps a reconstructor of maps whose correspondence names places on a face that is symmetric about x = 0.5.

    Twice the work, and errors that are not symmetric are halved. For results, not for losses.
    """

    def __init__(self, network: Reconstructor):
        super().__init__()
        self.network, self.config, self.frozen = network, network.config, network.frozen

    @property
    def size(self) -> int:
        return self.network.size

    def predict(self, image: Tensor) -> FaceGeometry:
        """As the interface says."""
        straight, mirrored = self.network.predict(image), self.network.predict(image.flip(-1))
        assert straight.maps is not None and mirrored.maps is not None
        position, correspondence = mirrored.position_mm.flip(-1), mirrored.correspondence.flip(-1)
        position = position * position.new_tensor([-1.0, 1.0, 1.0])[:, None, None]
        other = correspondence.new_tensor([1.0, 0.0, 0.0])[:, None, None]
        correspondence = other + correspondence * (1 - 2 * other)
        maps = FaceMaps(
            mask=(straight.mask + mirrored.mask.flip(-1)) / 2,
            position_mm=(straight.position_mm + position) / 2,
            correspondence=(straight.correspondence + correspondence) / 2,
            amodal_mask=_mean(straight.maps.amodal_mask, mirrored.maps.amodal_mask),
            classes=_mean(straight.maps.classes, mirrored.maps.classes),
        )
        return FaceGeometry(maps, ambiguity=straight.ambiguity)

    def difference(
        self, before: FaceGeometry, after: FaceGeometry, labels: Mapping[str, Tensor], outline: float = 0.5
    ) -> Tensor:
        return self.network.difference(before, after, labels, outline)


def _mean(straight: Tensor | None, mirrored: Tensor | None) -> Tensor | None:
    return None if straight is None or mirrored is None else (straight + mirrored.flip(-1)) / 2
