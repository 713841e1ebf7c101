"""Faces in a photo, framed as the network knows them: from a box, a crop or the detector, then centred by its own maps.

The detector knows frontal faces alone and its boxes are rough. The network's correspondence says where the eyes are and
its positions how long a millimetre is, also on turned heads, so its answer frames the face anew, until the frame stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image

from recon.faces.model import FaceModel
from recon.methods.base import FaceGeometry, Reconstructor
from recon.photos.detection import face_boxes
from recon.photos.framing import Framing, frame, from_box, whole
from recon.photos.reading import Unusable
from recon.reconstruction.map_pose import (
    LEFT_EYE,
    RIGHT_EYE,
    Seen,
    angles_deg,
    canonical_mm,
    eyes_by_pose,
    eyes_in,
    seen_face,
)

ROUNDS = 5
STABLE = 0.01  # of the eye distance, its own change and the eyes' middle's
MASK_THRESHOLD = 0.5
MASK_SHARE = (0.06, 0.6)  # of the frame, for a face that is framed well
SHIFTS = ((0.35, 0.0), (-0.35, 0.0), (0.0, 0.3), (0.0, -0.3))  # of the frame, in eye distances, to see if it is a face
WORST_DRIFT = 0.2  # of it, in eye distances, at such a shift: 0.04 in half of 110 photos; on walls above 0.25
SAME_FACE = 0.7  # two frames whose eyes' middles lie nearer than this many eye distances show one face


Box = tuple[float, float, float, float]
"""Left, top, width and height of a face, in the photo's pixels."""


@dataclass(frozen=True)
class FoundFace:
    """One face of a photo, seen by a network.

    Attributes:
        framing: where it is in the photo.
        mask (S, S) float, probability; position_mm, correspondence (S, S, 3) float32: the network's maps of the crop.
        seen: its pixels and pose.
    """

    framing: Framing
    mask: np.ndarray
    position_mm: np.ndarray
    correspondence: np.ndarray
    seen: Seen


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
    for face in settle(image, network, model, starts):
        fault = "the network sees none" if face is None else fault_of(face, image, network, model)
        if face is None or fault is not None:
            faults.append(fault)
        elif not any(_same(face.framing, other.framing) for other in found):
            found.append(face)
    if not found:
        looked = "in the box" if box is not None else "in the crop" if crop else "found"
        raise Unusable(f"no face {looked} ({faults[0]})")
    return found


def settle(
    image: Image.Image, network: Reconstructor, model: FaceModel, starts: Sequence[Framing]
) -> list[FoundFace | None]:
    """Frame each face anew by the network's own answer until its frame stays; None where the network sees none."""
    framings: list[Framing] = list(starts)
    faces: list[FoundFace | None] = [None] * len(framings)
    moving = list(range(len(framings)))
    for _ in range(ROUNDS):
        answers = look(image, network, model, [framings[i] for i in moving])
        still = []
        for i, face in zip(moving, answers, strict=True):
            faces[i] = face
            better = None if face is None else reframed(face, model)
            if better is not None and not _close(better, framings[i]):
                framings[i] = better
                still.append(i)
        moving = still
        if not moving:
            break
    return faces


@torch.no_grad()
def look(
    image: Image.Image, network: Reconstructor, model: FaceModel, framings: Sequence[Framing]
) -> list[FoundFace | None]:
    """The network's answer to each frame, in one batch; None where it sees no face."""
    crops = np.stack([frame(image, framing, network.size) for framing in framings])
    device = next(network.parameters()).device
    geometry = network.predict(torch.from_numpy(crops).to(device).permute(0, 3, 1, 2).float() / 255)
    return [_found(framing, geometry, i, model) for i, framing in enumerate(framings)]


def fault_of(face: FoundFace, image: Image.Image, network: Reconstructor, model: FaceModel) -> str | None:
    """Why this is no face; None for a face.

    The network knows faces alone and sees one wherever it looks, but on a wall what it sees moves with the frame: a
    face stays where it is when the frame moves.
    """
    share = float((face.mask > MASK_THRESHOLD).mean())
    if not MASK_SHARE[0] < share < MASK_SHARE[1]:
        return f"its mask covers {100 * share:.0f} % of the frame"
    here = face.framing
    moved = [replace(here, middle=here.middle + here.eye_distance * np.array(shift)) for shift in SHIFTS]
    answers = [reframed(one, model) for one in look(image, network, model, moved) if one is not None]
    drifts = [float(np.linalg.norm(one.middle - here.middle)) / here.eye_distance for one in answers if one is not None]
    if len(drifts) < 2 or np.median(drifts) > WORST_DRIFT:
        return "what the network sees moves with the frame"
    return None


def reframed(face: FoundFace, model: FaceModel) -> Framing | None:
    """The frame that the maps ask for; None where they make no sense."""
    size = len(face.mask)
    marks = canonical_mm(model)[model.landmarks.numpy()]
    eyes_mm = np.stack([marks[list(LEFT_EYE)].mean(0), marks[list(RIGHT_EYE)].mean(0)])
    middle, distance = eyes_in(face.seen, eyes_mm)
    if not np.isfinite([*middle, distance]).all():
        middle, distance = eyes_by_pose(face.seen, eyes_mm)
    if not 0.05 * size < distance < size:
        return None
    roll = np.radians(angles_deg(face.seen.pose.rotation)[2])  # positive: counter-clockwise in the image
    to_photo = face.framing.to_photo(size)
    return Framing(to_photo(middle), distance * to_photo.scale, face.framing.tilt - float(roll))


def _found(framing: Framing, geometry: FaceGeometry, i: int, model: FaceModel) -> FoundFace | None:
    mask, position, correspondence = (
        values[i].float().cpu().numpy() for values in (geometry.mask, geometry.position_mm, geometry.correspondence)
    )
    inside = mask[0] > MASK_THRESHOLD
    seen = seen_face(inside, position, correspondence, model.canonical_box_mm.numpy())
    if seen is None:
        return None
    maps = (np.ascontiguousarray(np.moveaxis(values, 0, -1)) for values in (position, correspondence))
    return FoundFace(framing, mask[0], *maps, seen=seen)


def _close(one: Framing, other: Framing) -> bool:
    moved = float(np.linalg.norm(one.middle - other.middle)) / other.eye_distance
    grown = abs(one.eye_distance / other.eye_distance - 1)
    return max(moved, grown, abs(one.tilt - other.tilt)) < STABLE


def _same(one: Framing, other: Framing) -> bool:
    return float(np.linalg.norm(one.middle - other.middle)) < SAME_FACE * max(one.eye_distance, other.eye_distance)
