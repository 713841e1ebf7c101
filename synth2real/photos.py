"""Photos of real faces for the discriminator: any folder of images, read robustly and framed like the renders."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

from recon.errors import UserError
from recon.files import IMAGE_SUFFIXES, image_files
from synth2real.framing import Framing, frame, from_box, from_points

BACKDROP = (128, 128, 128)  # behind transparent pixels
SMALLEST_SIDE_PX = 16

FramingMode = Literal["auto", "points", "detect", "none"]


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
    points   CSV with columns file, left_eye_x, left_eye_y, right_eye_*, nose_*, mouth_l_*, mouth_r_* in pixels, eyes as
             seen in the image; photos that it does not name are skipped
    drop     text file with one name a line, without suffix or folder or with them: photos to leave out

    Unreadable photos, and those without a face, are skipped and named. Raises UserError for a missing folder, one
    without images, one whose every image is skipped, and a broken CSV.
    """
    paths = find_images(folder)
    place = _placement(folder, framing, points)
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


class Unusable(Exception):
    """Why one photo is skipped."""


def find_images(folder: Path) -> list[Path]:
    """The files under `folder`, at any depth, whose names end like images', sorted."""
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}: give a folder of photos with --photos")
    paths = image_files(folder)
    if not paths:
        raise UserError(f"{folder} holds no images ({', '.join(IMAGE_SUFFIXES)}): give another folder with --photos")
    return paths


def read_photo(path: Path) -> Image.Image:
    """One photo as 8-bit RGB, upright: EXIF orientation applied once; 16-bit, grey, palette and CMYK converted.

    Transparent pixels lie over mid grey. Raises Unusable for what isn't a whole image.
    """
    try:
        with Image.open(path) as file:
            file.load()
            image = ImageOps.exif_transpose(file)
    except Exception as error:  # Pillow's decoders raise almost anything on a broken file
        raise Unusable(f"not a readable image ({type(error).__name__})") from None
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, (*BACKDROP, 255)), image)
    image = image.convert("RGB")
    if min(image.size) < SMALLEST_SIDE_PX:
        raise Unusable(f"only {image.width}x{image.height} px")
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or more bits by its top 8 bits; floats are taken for [0, 1] unless they reach beyond."""
    values = np.asarray(image).astype(np.float64)
    top = 1.0 if image.mode == "F" and values.max() <= 1 else 255.0 if values.max() <= 255 else 65535.0
    return Image.fromarray((values.clip(0, top) * (255 / top)).round().astype(np.uint8))


def _placement(
    folder: Path, framing: FramingMode, points: Path | None
) -> Callable[[Path, Image.Image], Framing | None]:
    """The function that says where the face of a photo is; None: the photo is a ready crop."""
    if framing == "none":
        return lambda path, image: None
    beside = (folder / "faces.csv", folder.parent / "faces.csv")
    points = points or next((path for path in beside if framing != "detect" and path.is_file()), None)
    if framing == "points" and points is None:
        raise UserError(f"there is no faces.csv in or beside {folder}: give one with --points or use --framing detect")
    if framing == "detect" or points is None:
        return _detected()
    table = read_points(points)

    def placed(path: Path, image: Image.Image) -> Framing:
        row = table.get(path.name)
        if row is None:
            raise Unusable(f"not named in {points}")
        return from_points(row)

    return placed


def read_points(path: Path) -> dict[str, np.ndarray]:
    """File name -> (5, 2) float px [left eye, right eye, nose, left and right mouth corner] of a faces.csv."""
    columns = [f"{point}_{axis}" for point in ("left_eye", "right_eye", "nose", "mouth_l", "mouth_r") for axis in "xy"]
    try:
        with path.open(newline="") as file:
            rows = {row["file"]: [float(row[column]) for column in columns] for row in csv.DictReader(file)}
    except OSError as error:
        raise UserError(f"{path} can't be read ({error.strerror}): check --points") from None
    except (KeyError, TypeError, ValueError, UnicodeDecodeError) as error:
        raise UserError(f"{path} needs the columns file, {', '.join(columns)} with numbers ({error!r})") from None
    return {name: np.asarray(row).reshape(5, 2) for name, row in rows.items()}


def _detected() -> Callable[[Path, Image.Image], Framing]:
    import dlib  # takes a second to load, and only unaligned photos need it

    detector = dlib.get_frontal_face_detector()  # pyright: ignore[reportAttributeAccessIssue]

    def placed(path: Path, image: Image.Image) -> Framing:
        scale = min(1.0, 640 / max(image.size))  # the detector's time grows with the pixels; faces stay above 80 px
        small = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        boxes = detector(np.asarray(small), 0 if scale < 1 or min(image.size) > 200 else 1)
        if not boxes:
            raise Unusable("no frontal face found")
        box = max(boxes, key=lambda found: found.width() * found.height())
        return from_box(np.array([box.left(), box.top(), box.right() + 1, box.bottom() + 1]) / scale)

    return placed


def _read_names(path: Path) -> frozenset[str]:
    try:
        return frozenset(line.strip() for line in path.read_text().splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} can't be read as a list of names ({error}): check the option that names it") from None
