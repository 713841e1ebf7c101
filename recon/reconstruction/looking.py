"""A network looks at a face in a photo, and frames it anew by its own answer until the frame stays.

The correspondence says where the eyes are and the positions how long a millimetre is, also on turned heads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from recon.faces import load
from recon.faces.model import FaceModel
from recon.methods.base import FaceGeometry, Reconstructor, device_of
from recon.photos.framing import Framing, frame
from recon.reconstruction.map_pose import LEFT_EYE, RIGHT_EYE, Seen, canonical_mm, eyes_by_pose, eyes_in, seen_face
from recon.reconstruction.over_face import over_face
from recon.synthesis.pose import angles_deg

ROUNDS = 5
STABLE = 0.01  # of the eye distance, its own change and the eyes' middle's
MASK_THRESHOLD = 0.5
VISIBLE = 0.5  # probability


@dataclass(frozen=True)
class SeenMesh:
    """A mesh that a network gives: vertices_mm (n, 3) float64, in the frame of its position map; told (n,) bool, those
    that it answers for; displacement_mm (T, T) float32 along its normals, over the model's uv, of a network that knows
    wrinkles."""

    vertices_mm: np.ndarray
    told: np.ndarray
    displacement_mm: np.ndarray | None = None


@dataclass(frozen=True)
class SeenLook:
    """Skin and light that a network tells: albedo (T, T, 3) uint8 sRGB over the template's uv; light (9, 3) float64,
    see `recon.methods.base.FaceLook`, of the crop."""

    albedo: np.ndarray
    light: np.ndarray


@dataclass(frozen=True)
class SeenMarks:
    """The 68 landmarks that a network tells: pixels (68, 2) float64 of the crop; visible (68,) bool."""

    pixels: np.ndarray
    visible: np.ndarray


@dataclass(frozen=True)
class FoundFace:
    """One face of a photo, seen by a network.

    Attributes:
        framing: where it is in the photo.
        mask (S, S) float, probability; position_mm, correspondence (S, S, 3) float32: the network's maps of the crop.
        seen: its pixels and pose.
        upright, turned: the detector's scores of the frame's picture, as it is and turned over; NaN before it looked.
        mesh: of a network that gives one, with the template's vertices.
        look, marks: of a network that tells them.
        classes: (S, S) uint8 codes of `recon.faces.parsing.CLASSES`; None: a network without a parser.
    """

    framing: Framing
    mask: np.ndarray
    position_mm: np.ndarray
    correspondence: np.ndarray
    seen: Seen
    upright: float = np.nan
    turned: float = np.nan
    mesh: SeenMesh | None = None
    look: SeenLook | None = None
    marks: SeenMarks | None = None
    classes: np.ndarray | None = None

    @property
    def over(self) -> np.ndarray | None:
        """(S, S) float32 0/1, where glasses, hands or hair lie over it, see `over_face`; None without classes."""
        return None if self.classes is None else over_face(self.classes, self.mask > MASK_THRESHOLD)


def settle(
    image: Image.Image, network: Reconstructor, model: FaceModel, starts: Sequence[Framing]
) -> list[FoundFace | None]:
    """Frame each face anew by the network's own answer until its frame stays; None where the network sees none."""
    framings: list[Framing] = list(starts)
    faces: list[FoundFace | None] = [None] * len(framings)
    moving = list(range(len(framings)))
    for _ in range(ROUNDS if moving else 0):
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
    geometry = network.predict(torch.from_numpy(crops).to(device_of(network)).permute(0, 3, 1, 2).float() / 255)
    return [_found(framing, geometry, i, model) for i, framing in enumerate(framings)]


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
    classes = None if geometry.maps is None else geometry.maps.classes
    return FoundFace(
        framing,
        mask[0],
        *maps,
        seen=seen,
        mesh=_mesh(geometry, i, model),
        look=_look(geometry, i),
        marks=_marks(geometry, i),
        classes=None if classes is None else classes[i].argmax(0).byte().cpu().numpy(),
    )


def _mesh(geometry: FaceGeometry, i: int, model: FaceModel) -> SeenMesh | None:
    mesh = geometry.mesh
    if mesh is None or load(mesh.topology) is not model:
        return None
    vertices = mesh.vertices_mm[i].double().cpu().numpy()
    told = np.ones(len(vertices), bool) if mesh.told is None else mesh.told.cpu().numpy()
    wrinkles = mesh.displacement_mm
    return SeenMesh(vertices, told, None if wrinkles is None else wrinkles[i, 0].float().cpu().numpy())


def _look(geometry: FaceGeometry, i: int) -> SeenLook | None:
    if geometry.look is None:
        return None
    albedo = geometry.look.albedo[i].clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    return SeenLook(np.round(albedo * 255).astype(np.uint8), geometry.look.light[i].double().cpu().numpy())


def _marks(geometry: FaceGeometry, i: int) -> SeenMarks | None:
    marks = geometry.landmarks
    if marks is None:
        return None
    return SeenMarks(marks.pixels[i].double().cpu().numpy(), marks.visible[i].cpu().numpy() > VISIBLE)


def _close(one: Framing, other: Framing) -> bool:
    moved = float(np.linalg.norm(one.middle - other.middle)) / other.eye_distance
    grown = abs(one.eye_distance / other.eye_distance - 1)
    return max(moved, grown, abs(one.tilt - other.tilt)) < STABLE
