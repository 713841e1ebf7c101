"""Is this a face, and upright? One test for all that take faces out of photos: meshes, textures, training, matching.

The network knows upright faces alone and sees one wherever it looks. What tells: the detector is surer of a face turned
over; on a wall what the network sees moves with the frame; and its maps disagree with a face (`doubts`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from recon.faces.model import FaceModel
from recon.methods.base import Reconstructor
from recon.photos.detection import score
from recon.photos.framing import frame, whole
from recon.reconstruction.doubts import doubts_about
from recon.reconstruction.looking import MASK_THRESHOLD, FoundFace, look, reframed, settle

MASK_SHARE = (0.06, 0.6)  # of the frame, for a face that is framed well
SHIFTS = ((0.35, 0.0), (-0.35, 0.0), (0.0, 0.3), (0.0, -0.3))  # of the frame, in eye distances, to see if it is a face
DETECTOR_PX = 200  # side of the frame's picture
UPRIGHT = 1.0  # from this score on a face is upright; nine in ten are
LYING = np.radians(45)  # the tilt from which a face in a framed photo is not upright, though a network may follow it
SURE, MARGIN = 0.3, 0.3  # the score of a turned face, and by how much it exceeds the upright one's
WORST_DRIFT = 0.2  # of it, in eye distances, at such a shift: 0.04 in half of 110 photos; on walls above 0.25


def fault_of(face: FoundFace, image: Image.Image, network: Reconstructor, model: FaceModel) -> str | None:
    """Why this, an examined one, is no upright face; None for one."""
    share = float((face.mask > MASK_THRESHOLD).mean())
    if not MASK_SHARE[0] < share < MASK_SHARE[1]:
        return f"its mask covers {100 * share:.0f} % of the frame"
    if face.turned > max(SURE, face.upright + MARGIN):
        return "it lies on its side or upside down: turn the photo upright"
    here = face.framing
    moved = [replace(here, middle=here.middle + here.eye_distance * np.array(shift)) for shift in SHIFTS]
    answers = [reframed(one, model) for one in look(image, network, model, moved) if one is not None]
    drifts = [float(np.linalg.norm(one.middle - here.middle)) / here.eye_distance for one in answers if one is not None]
    if len(drifts) < 2 or np.median(drifts) > WORST_DRIFT:
        return "what the network sees moves with the frame"
    return None


def examined(face: FoundFace, image: Image.Image) -> FoundFace:
    """The face with the detector's scores of the frame's picture, as it is and turned by 90, 180 or 270 degrees."""
    picture = frame(image, face.framing, DETECTOR_PX)
    upright = score(picture)
    quarters = () if upright > UPRIGHT else (1, 2, 3)
    turned = (score(np.ascontiguousarray(np.rot90(picture, quarter))) for quarter in quarters)
    return replace(face, upright=upright, turned=max(turned, default=-np.inf))


def reason_against(face: FoundFace | None, image: Image.Image, network: Reconstructor, model: FaceModel) -> str | None:
    """Why nothing should be learnt from this face: it is none, or a doubtful one; None for one to rely on."""
    if face is None:
        return "no face (the network sees none)"
    face = examined(face, image)
    fault = fault_of(face, image, network, model)
    return f"no face ({fault})" if fault else ", ".join(doubts_about(face, model)) or None


def reason_against_crop(crop: np.ndarray, network: Reconstructor, model: FaceModel) -> str | None:
    """The same of a photo (S, S, 3) uint8 that was framed, however closely, and must be upright as it is."""
    image = Image.fromarray(crop)
    (face,) = settle(image, network, model, [whole(image)])
    if face is not None and np.cos(face.framing.tilt) < np.cos(LYING):
        return "no face (it lies on its side or upside down: turn the photo upright)"
    return reason_against(face, image, network, model)
