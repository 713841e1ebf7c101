"""The part of a photo that a face needs: what lies around its frame, of bounded size whatever the photo's."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from recon.geometry.cameras import Camera
from recon.photos.framing import EYE_SHARE, Framing

REACH = 0.75  # of the frame's side, to either side of the frame's middle: the whole head lies within
ALIGNED_PX = 64  # the part begins at a multiple, so that averages over 2, 4, ... 64 px are those of the whole photo
MOST_PX = 4096  # a side; what is larger is averaged: the pixels of a face are then about a tenth of a millimetre


@dataclass(frozen=True)
class Region:
    """A part of a photo, averaged over squares of `scale` pixels.

    pixels: (h, w, 3) uint8 RGB. corner: (left, top) in the photo, px.
    """

    pixels: np.ndarray
    corner: tuple[int, int]
    scale: int

    def camera(self, camera: Camera) -> Camera:
        """The camera of these pixels, from the photo's."""
        u, v = ((np.array(camera.centre_px) - self.corner) / self.scale).tolist()
        return Camera(camera.focal_px / self.scale, (u, v), camera.size_px)

    def framing(self, framing: Framing) -> Framing:
        """Where a face is in these pixels, from where it is in the photo."""
        middle = (framing.middle - self.corner) / self.scale
        return replace(framing, middle=middle, eye_distance=framing.eye_distance / self.scale)


def region_of(photo: Image.Image, framing: Framing) -> Region:
    """The part around a face of an upright RGB photo."""
    reach = REACH * framing.eye_distance / EYE_SHARE
    middle = framing.to_photo(1)(np.array([0.5, 0.5]))
    low = np.clip((middle - reach) // ALIGNED_PX * ALIGNED_PX, 0, np.array(photo.size) - 1).astype(int)
    high = np.clip(np.ceil(middle + reach), low + 1, photo.size).astype(int)
    scale = int(np.ceil((high - low).max() / MOST_PX))
    high = low + np.maximum((high - low) // scale, 1) * scale
    part = photo.reduce(scale, (int(low[0]), int(low[1]), int(high[0]), int(high[1])))
    return Region(np.asarray(part), (int(low[0]), int(low[1])), scale)
