"""68 points of a network on photos with points, framed by those points: what the landmark protocols share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recon.errors import UserError
from recon.evaluate.answers import landmarks_of
from recon.evaluate.networks import predict_images
from recon.methods.base import Ambiguity, Reconstructor
from recon.photos.framing import Framing, frame
from recon.photos.reading import Unusable, read_photo
from recon.progress import tracked

NOT_FOUND = 100.0  # per cent, the error of a photo in which no face is found


@dataclass(frozen=True)
class FoundPoints:
    """points: (68, 3) as `landmarks_of`, in the photo's pixels; None where no face was found."""

    points: np.ndarray | None
    ambiguity: Ambiguity


def find_points(
    network: Reconstructor, photos: Sequence[tuple[Path, Framing]], batch_size: int = 16
) -> list[FoundPoints]:
    """Each photo framed at the size that the network was trained at, predicted, its points brought back."""
    found = []
    for start in tracked(range(0, len(photos), batch_size), "batches of photos"):
        batch = photos[start : start + batch_size]
        crops = np.stack([_crop(photo, framing, network.size) for photo, framing in batch])
        geometry = predict_images(network, crops)
        for i, (_, framing) in enumerate(batch):
            points = landmarks_of(geometry, i)
            if points is not None:
                to_photo = framing.to_photo(network.size)
                points = np.column_stack([to_photo(points[:, :2]), to_photo.scale * points[:, 2]])
            found.append(FoundPoints(points, geometry.ambiguity))
    return found


def _crop(photo: Path, framing: Framing, size: int) -> np.ndarray:
    try:
        return frame(read_photo(photo), framing, size)
    except Unusable as reason:
        raise UserError(f"{photo} can't be used ({reason}): download the set again") from None
