"""Where faces may be in a photo: frames to look at, the cheapest and surest ways first.

The detector knows upright frontal faces. Where it finds none it looks at the photo turned by quarters, then at all of
the photo's pixels for far faces; at last the network itself looks into windows all over the photo, for profiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from recon.faces.model import FaceModel
from recon.methods.base import Reconstructor
from recon.photos.detection import SECOND_SIDE_PX, face_boxes, far_boxes
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE, Framing, from_box
from recon.reconstruction.looking import MASK_THRESHOLD, FoundFace, look

TURNS = {1: Image.Transpose.ROTATE_90, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_270}
WINDOWS = (1.0, 0.62, 0.38)  # sides of the windows, shares of the photo's shorter side
STEP = 0.4  # from a window to the next, at most, of its side
AT_ONCE = 8  # windows in a batch
BEST = 8  # windows to look at closely


@dataclass(frozen=True)
class Proposal:
    """Frames to look at. detected: the detector saw a face there; else the network alone thinks so."""

    frames: list[Framing]
    detected: bool = True


def proposals(image: Image.Image, network: Reconstructor, model: FaceModel) -> Iterator[Proposal]:
    """Each is to be asked for where those before showed no face."""
    yield Proposal([from_box(box) for box in face_boxes(image, thorough=True)])
    yield Proposal([framing for quarter in TURNS for framing in turned_frames(image, quarter)])
    if max(image.size) > SECOND_SIDE_PX:
        yield Proposal([from_box(box) for box in far_boxes(image)])
    yield Proposal(best_windows(image, network, model), detected=False)


def turned_frames(image: Image.Image, quarter: int) -> list[Framing]:
    """Frames of the faces that the detector sees in the image turned counter-clockwise by so many quarters."""
    frames = [from_box(box) for box in face_boxes(image.transpose(TURNS[quarter]))]
    return [turned_back(framing, quarter, image.size) for framing in frames]


def turned_back(framing: Framing, quarter: int, size: tuple[int, int]) -> Framing:
    """A frame in an image of `size` that was turned counter-clockwise by `quarter` quarters, in the image as it was."""
    x, y = framing.middle
    width, height = size
    middle = {1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[quarter]
    return Framing(np.array(middle), framing.eye_distance, framing.tilt + quarter * np.pi / 2)


def best_windows(image: Image.Image, network: Reconstructor, model: FaceModel) -> list[Framing]:
    """The windows in which the network is surest of a face, at most BEST."""
    frames, found = windows(image.size), []
    for first in range(0, len(frames), AT_ONCE):
        found += [face for face in look(image, network, model, frames[first : first + AT_ONCE]) if face is not None]
    return [face.framing for face in sorted(found, key=sureness, reverse=True)[:BEST]]


def sureness(face: FoundFace) -> float:
    """How much of the window the network takes for a face, and how surely."""
    inside = face.mask[face.mask > MASK_THRESHOLD]
    return float(inside.sum() / face.mask.size * (2 * inside.mean() - 1))


def windows(size: tuple[int, int]) -> list[Framing]:
    """Square windows of several sizes all over an image of `size` (width, height), as frames."""
    frames = []
    for share in WINDOWS:
        side = share * min(size)
        starts = [np.linspace(0, whole - side, 1 + int(np.ceil((whole - side) / (STEP * side)))) for whole in size]
        frames += [
            Framing(np.array([left, top]) + np.array(EYES_MIDDLE) * side, EYE_SHARE * side, 0.0)
            for top in starts[1]
            for left in starts[0]
        ]
    return frames
