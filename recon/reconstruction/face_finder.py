"""Faces in a photo, framed as the network knows them: from a box, a crop or the detector, then by its own maps.

The detector knows frontal faces alone and its boxes are rough: `settle` centres the frame; `fault_of` says what is no
face.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from recon.faces.model import FaceModel
from recon.methods.base import Reconstructor
from recon.photos.detection import face_boxes
from recon.photos.framing import Framing, from_box, whole
from recon.photos.reading import Unusable
from recon.reconstruction.face_test import examined, fault_of
from recon.reconstruction.looking import FoundFace, settle

SAME_FACE = 0.7  # two frames whose eyes' middles lie nearer than this many eye distances show one face

Box = tuple[float, float, float, float]
"""Left, top, width and height of a face, in the photo's pixels."""


def find_faces(
    image: Image.Image,
    network: Reconstructor,
    model: FaceModel,
    *,
    box: Box | None = None,
    crop: bool = False,
) -> list[FoundFace]:
    """Every face of an upright RGB photo, the largest first.

    Args:
        model: the default face model, whose places the network's correspondence names.
        box: the one face to take; without it the detector looks, and where it finds
            nothing the whole photo is tried, as a crop of a turned face.
        crop: the photo is a ready crop of one face.
    Raises:
        Unusable: no face, and why.
    """
    if box is not None:
        left, top, width, height = box
        if not (left < image.width and top < image.height and left + width > 0 and top + height > 0):
            raise Unusable(f"the box lies beside the photo, which is {image.width} x {image.height} px")
        starts = [from_box(np.array([left, top, left + width, top + height]))]
    else:
        boxes = np.zeros((0, 4)) if crop else face_boxes(image, thorough=True)
        starts = [from_box(one) for one in boxes] or [whole(image)]
    found, faults = [], []
    for one in settle(image, network, model, starts):
        face = None if one is None else examined(one, image)
        fault = "the network sees none" if face is None else fault_of(face, image, network, model)
        if face is None or fault is not None:
            faults.append(fault)
        elif not any(_same(face.framing, other.framing) for other in found):
            found.append(face)
    if not found:
        looked = "in the box" if box is not None else "in the crop" if crop else "found"
        raise Unusable(f"no face {looked} ({faults[0]})")
    return found


def _same(one: Framing, other: Framing) -> bool:
    return float(np.linalg.norm(one.middle - other.middle)) < SAME_FACE * max(one.eye_distance, other.eye_distance)
