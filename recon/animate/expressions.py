"""Motions: an expression made and unmade, a sweep through several, another's from a video or a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from recon.animate.actor import Pose
from recon.animate.actors import pose_in
from recon.errors import UserError, did_you_mean
from recon.faces.model import FaceModel
from recon.files import image_files
from recon.methods.base import Reconstructor
from recon.photos.reading import Unusable, read_photo
from recon.progress import progress

JAW = "jaw"  # the name under which the jaw's joint is opened, degrees
MOST_JAW_DEG, MOST_ACTIVE = 35.0, 1.5
EASED = 6  # frames from rest to an expression
SWEEP = (
    {"mouthSmile": 1.0, "cheekSquint": 0.6},
    {"browInnerUp": 1.0, "browOuterUp": 1.0},
    {"browDown": 1.0, "noseSneer": 0.8},
    {"jawOpen": 0.8},
    {"mouthPucker": 1.0},
    {"eyeBlink": 1.0},
)
SMOOTHED = (0.25, 0.5, 0.25)  # of a video's frame with its neighbours


@dataclass(frozen=True)
class Motion:
    """poses: one a frame. fps: frames a second. skipped: (frame's name, why) of those without a face."""

    poses: tuple[Pose, ...]
    fps: float
    skipped: tuple[tuple[str, str], ...] = ()


def active_units(model: FaceModel, amounts: dict[str, float]) -> dict[str, float]:
    """The model's units by name, a side left out standing for both.

    Raises:
        UserError: the model has no such unit, or the amount is beyond -1.5 to 1.5.
    """
    found: dict[str, float] = {}
    for name, amount in amounts.items():
        here = [unit for unit in (name, name + "Left", name + "Right") if unit in model.expression_names]
        if not here:
            near = did_you_mean(name, [JAW, *model.expression_names])
            raise UserError(f"--expression: the face model has no unit '{name}'{near}")
        if not abs(amount) <= MOST_ACTIVE:
            raise UserError(f"--expression {name}={amount:g} is beyond {-MOST_ACTIVE:g} to {MOST_ACTIVE:g}")
        found |= dict.fromkeys(here, amount)
    return found


def asked_for(words: Sequence[str]) -> tuple[dict[str, float], float]:
    """NAME=VALUE words: units with amounts, and the jaw's opening in degrees.

    Raises:
        UserError: a word is none, or the jaw opens too far.
    """
    amounts: dict[str, float] = {}
    for word in words:
        name, equals, value = word.partition("=")
        try:
            amounts[name] = float(value)
        except ValueError:
            equals = ""
        if not equals or not name:
            raise UserError(f"--expression {word}: give NAME=VALUE, such as jawOpen=0.5 or jaw=15")
    jaw_deg = amounts.pop(JAW, 0.0)
    if not abs(jaw_deg) <= MOST_JAW_DEG:
        raise UserError(f"--expression jaw={jaw_deg:g} is beyond {-MOST_JAW_DEG:g} to {MOST_JAW_DEG:g} degrees")
    return amounts, jaw_deg


def toward(model: FaceModel, start: Pose, amounts: dict[str, float], jaw_deg: float) -> Motion:
    """From a pose to an expression and back, eased."""
    if jaw_deg and model.articulation is None:
        raise UserError(f"--expression jaw: the face model '{model.name}' has no jaw to turn: use its unit jawOpen")
    goal = model.coefficients(active_units(model, amounts)).double().numpy()
    end = Pose(goal, np.array([np.radians(jaw_deg), 0, 0]), start.rotation)
    return Motion(tuple(between(start, end, share) for share in there_and_back()), 15.0)


def sweep(model: FaceModel, start: Pose) -> Motion:
    """From rest through SWEEP, each made and unmade."""
    rest = Pose(np.zeros_like(start.expression), np.zeros(3), start.rotation)
    known = [{k: v for k, v in one.items() if {k, k + "Left"} & set(model.expression_names)} for one in SWEEP]
    parts = [toward(model, rest, amounts, 0.0).poses for amounts in known if amounts]
    return Motion(tuple(pose for part in parts for pose in part), 15.0)


def there_and_back() -> np.ndarray:
    """(2 EASED + 1,) from 0 to 1 and back to 0, slow at the ends."""
    return (1 - np.cos(np.pi * np.arange(2 * EASED + 1) / EASED)) / 2


def between(start: Pose, end: Pose, share: float) -> Pose:
    """The pose that share of the way."""
    expression = (1 - share) * start.expression + share * end.expression
    return Pose(expression, (1 - share) * start.jaw + share * end.jaw, start.rotation)


def motion_from(place: Path, network: Reconstructor) -> Motion:
    """Another's motion: of the frames of a video, or of the photos of a folder in their order; smoothed lightly.

    Raises:
        UserError: it can't be read, or no frame shows a face.
    """
    frames, fps = (folder_frames(place), 5.0) if place.is_dir() else video_frames(place)
    poses, skipped = [], []
    with progress("frames", len(frames)) as count:
        for name, image in frames:
            try:
                poses.append(pose_in(read_photo(image) if isinstance(image, Path) else image, network))
            except Unusable as reason:
                skipped.append((name, str(reason)))
            count()
    if not poses:
        raise UserError(f"--from {place}: none of its {len(frames)} frames shows a face ({skipped[0][1]})")
    return Motion(tuple(poses) if place.is_dir() else smoothed(poses), fps, tuple(skipped))


def folder_frames(folder: Path) -> list[tuple[str, Path]]:
    """Names and files of a folder's photos."""
    files = image_files(folder)
    if not files:
        raise UserError(f"--from {folder} holds no images: give a video, or a folder of photos")
    return [(str(file.relative_to(folder)), file) for file in files]


def video_frames(file: Path) -> tuple[list[tuple[str, Image.Image]], float]:
    """Names and images of a video's frames, and how many there are a second."""
    if not file.is_file():
        raise UserError(f"--from {file}: there is no such video or folder: check the path")
    video, frames = cv2.VideoCapture(str(file)), []
    fps = float(video.get(cv2.CAP_PROP_FPS)) or 25.0
    while True:
        good, picture = video.read()
        if not good:
            break
        frames.append((f"frame {len(frames)}", Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))))
    video.release()
    if not frames:
        raise UserError(f"--from {file} is no video that OpenCV reads: give an MP4, or a folder of photos")
    return frames, fps


def smoothed(poses: Sequence[Pose]) -> tuple[Pose, ...]:
    """Each with its neighbours; a rotation's mean is the nearest rotation to the mean of the matrices."""
    padded = [poses[0], *poses, poses[-1]]
    found = []
    for three in zip(padded, padded[1:], padded[2:], strict=False):
        names = ("expression", "jaw", "rotation")
        expression, jaw, turn = (np.average([getattr(pose, name) for pose in three], 0, SMOOTHED) for name in names)
        u, _, vt = np.linalg.svd(turn)
        found.append(Pose(expression, jaw, u @ vt))
    return tuple(found)
