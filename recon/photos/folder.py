"""Photos of real faces for the discriminator: any folder of images, read robustly and framed like the renders."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from recon.errors import UserError
from recon.files import image_files
from recon.photos.detection import face_boxes
from recon.photos.framing import Framing, FramingMode, frame, from_box, from_points
from recon.photos.points import PointsOf
from recon.photos.reading import Unusable, read_photo
from recon.texts import read_text


@dataclass(frozen=True)
class Photos:
    """images (N, S, S, 3) uint8 RGB, framed; names (N,) relative to the folder; skipped: (name, reason) of the
    others.
    """

    images: np.ndarray
    names: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]


def load_photos(
    folder: Path,
    size: int,
    framing: FramingMode = "auto",
    points: Path | None = None,
    drop: Path | None = None,
    limit: int | None = None,
) -> Photos:
    """Read every image under `folder`, frame it at `size` px and keep it in memory.

    framing  "points": by five points of a CSV; "detect": by dlib's frontal face detector; "none": the photos are ready
             crops; "auto": by points where a CSV is given or lies in or beside the folder as faces.csv, else by the
             detector
    points   CSV of five points of each face, see `recon.photos.points`; photos that it does not name are skipped
    drop     text file with one name a line, without suffix or folder or with them: photos to leave out

    Unreadable photos, and those without a face, are skipped and named. Raises UserError for a missing folder, one
    without images, one whose every image is skipped, and a broken CSV.
    """
    paths = find_images(folder)
    place = _placement(folder, paths, framing, points)
    dropped = _read_names(drop) if drop else frozenset()
    images, names, skipped = [], [], []
    for path in paths[:limit]:
        name = os.fspath(path.relative_to(folder))
        try:
            if dropped & {name, path.name, path.stem}:
                raise Unusable("listed among the photos to drop")
            image = read_photo(path)
            images.append(frame(image, place(path, image), size))
            names.append(name)
        except Unusable as reason:
            skipped.append((name, str(reason)))
    if not images:
        name, reason = skipped[0]
        raise UserError(f"none of the {len(paths)} images in {folder} is usable (the first, {name}: {reason})")
    return Photos(np.stack(images), tuple(names), tuple(skipped))


def find_images(folder: Path) -> list[Path]:
    """The files under `folder`, at any depth, whose names end like images', sorted."""
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}: give a folder of photos with --photos")
    paths = image_files(folder)
    if not paths:
        raise UserError(f"{folder} holds no images (jpg, png, webp, avif and all else that Pillow reads): give another")
    return paths


def _placement(
    folder: Path, paths: Sequence[Path], framing: FramingMode, points: Path | None
) -> Callable[[Path, Image.Image], Framing | None]:
    """The function that says where the face of a photo is; None: the photo is a ready crop."""
    if points is not None and framing in ("none", "detect"):
        raise UserError(f"{points} gives the faces' points, which framing {framing} does not look at: give one of them")
    if framing == "none":
        return lambda path, image: None
    beside = (folder / "faces.csv", folder.parent / "faces.csv")
    points = points or next((path for path in beside if framing != "detect" and path.is_file()), None)
    if framing == "points" and points is None:
        raise UserError(f"there is no faces.csv in or beside {folder}: give one with --points or use --framing detect")
    if framing == "detect" or points is None:
        return _largest_detected
    table = PointsOf(points, folder, paths)
    return lambda path, image: from_points(table(path))


def _largest_detected(path: Path, image: Image.Image) -> Framing:
    boxes = face_boxes(image)
    if not len(boxes):
        raise Unusable("no frontal face found")
    return from_box(boxes[0])


def _read_names(path: Path) -> frozenset[str]:
    try:
        return frozenset(line.strip() for line in read_text(path).split("\n") if line.strip())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path} can't be read as a list of names ({reason}): check the option that names it") from None
