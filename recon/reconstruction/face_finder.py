"""Faces in a photo, framed as the network knows them: from a box, a crop or proposals, then by its own maps.

Proposals are rough: `settle` centres the frame; `fault_of` says what is no face.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from recon.faces.model import FaceModel
from recon.methods.base import Reconstructor
from recon.photos.framing import Framing, from_box, whole
from recon.photos.reading import Unusable
from recon.reconstruction.doubts import doubts_about
from recon.reconstruction.face_test import examined, fault_of
from recon.reconstruction.looking import FoundFace, settle
from recon.reconstruction.proposals import Proposal, proposals

SAME_FACE = 0.7  # two frames whose eyes' middles lie nearer than this many eye distances show one face
FEWEST, ALIKE = 3, 0.15  # looks that settle within so many eye distances, and so much of the scale, of one face

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
        box: the one face to take; without it `proposals` says where to look.
        crop: the photo is a ready crop of one face.
    Raises:
        Unusable: no face, and why.
    """
    if box is not None:
        left, top, width, height = box
        if not (left < image.width and top < image.height and left + width > 0 and top + height > 0):
            raise Unusable(f"the box lies beside the photo, which is {image.width} x {image.height} px")
        given = [from_box(np.array([left, top, left + width, top + height]))]
    else:
        given = [whole(image)] if crop else None
    faults: list[str] = []
    for proposal in proposals(image, network, model) if given is None else [Proposal(given)]:
        faces = accepted(image, network, model, proposal, faults)
        if faces:
            return faces
    looked = "in the box" if box is not None else "in the crop" if crop else "found"
    why = faults[0] if faults else "nothing in it is like one"
    raise Unusable(f"no face {looked} ({why})")


def accepted(
    image: Image.Image, network: Reconstructor, model: FaceModel, proposal: Proposal, faults: list[str]
) -> list[FoundFace]:
    """The faces that frames settle on, each once; why others are none is added to `faults`.

    Where the network alone proposed, a face that is doubted is none, and so is one that few looks settle on: to a face
    they come from all sides, on walls each stays by itself.
    """
    found: list[FoundFace] = []
    settled = settle(image, network, model, proposal.frames)
    for one in settled:
        face = None if one is None else examined(one, image)
        fault = "the network sees none" if face is None else fault_of(face, image, network, model)
        if face is not None and fault is None and not proposal.detected:
            agree = sum(other is not None and _alike(face.framing, other.framing) for other in settled)
            few = "only the network sees one, and not from all around it" if agree < FEWEST else None
            fault = next(iter(doubts_about(face, model)), few)
        if face is None or fault is not None:
            faults.append(str(fault))
        elif not any(_same(face.framing, other.framing) for other in found):
            found.append(face)
    return found


def _alike(one: Framing, other: Framing) -> bool:
    apart = float(np.linalg.norm(one.middle - other.middle)) / other.eye_distance
    return max(apart, abs(np.log(one.eye_distance / other.eye_distance))) < ALIKE


def _same(one: Framing, other: Framing) -> bool:
    return float(np.linalg.norm(one.middle - other.middle)) < SAME_FACE * max(one.eye_distance, other.eye_distance)
