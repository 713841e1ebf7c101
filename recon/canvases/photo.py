"""One photo to its canvas: the face found, framed, fitted, its light read, and taken out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from recon.canvases.cover import Cover, cover_of, disc, face_area, of_classes
from recon.canvases.light import Light, light_of
from recon.canvases.plate_frame import frame_within, holds, photo_px_per_plate_px
from recon.canvases.removal import base_of, rim_of, without_face
from recon.canvases.traces import blur_of, noise_of, quality_of
from recon.faces.model import REGIONS, FaceModel
from recon.files import image_formats
from recon.fitting.labelled import Drawn, drawn
from recon.fitting.photo_fit import Figures, Limits, PhotoFit, fit_framed
from recon.methods.base import Reconstructor
from recon.photos.framing import Framing
from recon.photos.reading import Unusable, read_photo
from recon.reconstruction.batch import digest_of
from recon.reconstruction.face_finder import find_faces
from recon.synthesis.canvas import Canvas
from recon.synthesis.pose import angles_deg

LIMITS = Limits(residual_mm=2.5, outliers=0.15, covered=0.9, spread=2.0, unexplained=None, sharpness=None)
MOST_YAW_DEG = 60.0
MOST_UNLIT = 0.6  # residual of the light
MOST_ENLARGED = 2.0  # plate pixels, along the side, of one of the photo
LEAST_COLOUR = 0.02  # of sRGB 0 to 1: how much redder than blue a coloured photo's skin is
PERSON_SHARE = 0.05  # of the side, about the face, where the camera's traces are looked for
SPARE = ("hair", "glasses", "occluder", "facial_hair")
INNER_LIPS, MOUTH = (62, 66), (48, 54)  # landmarks: middles of the inner lips, corners


@dataclass(frozen=True)
class Told:
    """What is known of a photo beside its pixels.

    name: of its canvas. points: (5, 2) px, see `recon.photos.points`, or None. licence, attribution, source: "" where
    unknown.
    """

    name: str
    points: np.ndarray | None = None
    licence: str = ""
    attribution: str = ""
    source: str = ""


def canvas_of(path: Path, told: Told, network: Reconstructor, model: FaceModel, size: int) -> tuple[Canvas, np.ndarray]:
    """The canvas of a photo's largest face, or of the one that known points name, and the photo's crop (S, S, 3) uint8.

    network: with a parser or without. size: px of the plate.

    Raises:
        Unusable: why there is no canvas of it.
    """
    image = read_photo(path)
    framing = the_frame(image, told.points, network, model, size)
    found = fit_framed(image, framing, network, model, size, told.points)
    with Image.open(path, formats=image_formats()) as file:  # its size was looked at
        quality = quality_of(file, photo_px_per_plate_px(framing, size))
    return canvas_from(found, told, digest_of(path), quality, model), found.rgb


def canvas_from(found: PhotoFit, told: Told, sha256: str, quality: int, model: FaceModel) -> Canvas:
    """The canvas of a fitted photo. sha256: of its file. quality: of its JPEG, or 0.

    Raises:
        Unusable: as `canvas_of`.
    """
    fit, size = found.fit, len(found.rgb)
    yaw, pitch, roll = angles_deg(fit.rotation)
    refuse_unfit(found.figures, yaw)
    face = drawn(model, fit, size)
    area = face_area(face.labels, found.visible, found.classes)
    cover = cover_of(found.rgb, area, found.visible, found.classes)
    light = light_on(found, face, cover)
    person = cv2.dilate(area.astype(np.uint8), disc(round(PERSON_SHARE * size))) > 0
    noise = float(np.nan_to_num(noise_of(found.rgb, area)))
    return Canvas(
        name=told.name,
        plate=plate_of(found, face, area, cover, light, noise, int(sha256[:8], 16)),
        over=cover.over,
        classes=np.zeros_like(cover.over) if found.classes is None else found.classes,
        face=area,
        identity=fit.identity.astype(np.float32),
        expression=fit.expression.astype(np.float32),
        rotation=fit.rotation.astype(np.float32),
        translation_mm=fit.translation.astype(np.float32),
        focal_px=float(face.camera.focal_px),
        light=light.coefficients,
        tone=light.tone,
        residual=light.residual,
        blur_px=float(np.nan_to_num(blur_of(found.rgb, person))),
        noise=noise,
        quality=quality,
        mouth=mouth_of(face),
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll,
        licence=told.licence,
        attribution=told.attribution,
        source=told.source,
        sha256=sha256,
    )


def the_frame(
    image: Image.Image, points: np.ndarray | None, network: Reconstructor, model: FaceModel, size: int
) -> Framing:
    """The plate's frame in a photo. Raises Unusable: no face, too small a face, another face in the frame, or the photo
    ends too near."""
    faces = [face.framing for face in find_faces(image, network, model)]
    chosen = faces[0]
    if points is not None:
        eyes = points[:2].mean(0)
        chosen = min(faces, key=lambda one: float(np.linalg.norm(one.middle - eyes)))
        if np.linalg.norm(chosen.middle - eyes) > chosen.eye_distance:
            raise Unusable("the face that was found is not the one that the points name")
    within = frame_within(chosen, image.size)
    if any(one is not chosen and holds(within, one.middle) for one in faces):
        raise Unusable("another face is in the picture: cut it off, or take another photo")
    if photo_px_per_plate_px(within, size) < 1 / MOST_ENLARGED:
        least = within.eye_distance / MOST_ENLARGED / photo_px_per_plate_px(within, size)
        raise Unusable(f"its face is too small: {within.eye_distance:.0f} px between the eyes, {least:.0f} are needed")
    return within


def refuse_unfit(figures: Figures, yaw_deg: float) -> None:
    """Raises Unusable where a fit is no base for another face."""
    fault = figures.fault(LIMITS)
    if abs(yaw_deg) > MOST_YAW_DEG:
        fault = f"the head is turned by {abs(yaw_deg):.0f} degrees"
    if fault is not None:
        raise Unusable(fault)


def light_on(found: PhotoFit, face: Drawn, cover: Cover) -> Light:
    """The light on the photo's bare skin. Raises Unusable: too little skin, no colour, or no light that smooth skin
    could show."""
    labels = face.labels
    seen = labels["mask"] & found.visible
    skin = seen & (labels["region"] == REGIONS.index("skin")) & (cover.over == 0)
    if found.classes is not None:
        skin &= of_classes(("skin",), found.classes)
    skin = cv2.erode(skin.astype(np.uint8), disc(max(1, round(0.012 * len(skin))))) > 0
    light = light_of(found.rgb, labels["normals"], skin, seen)
    if light is None:
        raise Unusable("too little bare skin is seen to tell the light")
    red, _, blue = found.rgb[skin].mean(0) / 255
    if abs(red - blue) < LEAST_COLOUR:
        raise Unusable("it has no colour, or one light of one colour: the skin is grey")
    if light.residual > MOST_UNLIT:
        raise Unusable(f"light leaves {light.residual:.0%} of the skin unexplained")
    return light


def plate_of(
    found: PhotoFit, face: Drawn, area: np.ndarray, cover: Cover, light: Light, noise: float, seed: int
) -> np.ndarray:
    """(S, S, 3) uint8: the photo without its face. seed: of the grain."""
    everywhere = np.ones_like(area)
    spare = ~everywhere if found.classes is None else of_classes(SPARE, found.classes)
    skin = everywhere if found.classes is None else of_classes(("skin",), found.classes)
    base = base_of(light, face.labels["normals"], area)
    rng = np.random.default_rng(seed)
    return without_face(found.rgb, area, rim_of(area, spare), cover, skin, base, noise, rng)


def mouth_of(face: Drawn) -> float:
    """How far the fitted mouth is open, a share of its width."""
    marks = face.labels["landmarks_mm"]
    gap, width = (float(np.linalg.norm(marks[a] - marks[b])) for a, b in (INNER_LIPS, MOUTH))
    return gap / width
