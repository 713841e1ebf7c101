"""Photos of known people with somebody's landmarks and skin masks, PERSON/*.jpg: what DECA's coarse stage learns from.

    PERSON/NAME.jpg         a photo, of any kind that is read
    PERSON/NAME.txt         its 68 landmarks, x and y px a line (or NAME.npy, (68, 2))
    PERSON/NAME.skin.png    white where skin is seen; without it all within the landmarks counts as skin

The photos are framed by the landmarks as all others are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from recon.arrays import read_npy
from recon.errors import UserError
from recon.faces.model import REGIONS
from recon.files import image_files
from recon.photos.framing import frame, from_landmarks
from recon.photos.reading import Unusable, image_formats, read_photo
from recon.synthesis.record import Record, record_with

POINTS, MASK = (".txt", ".npy"), ".skin.png"
SKIN = REGIONS.index("skin")


@dataclass(frozen=True)
class LabelledTree:
    """The photos in memory. Its records hold an image, landmarks, mask and region; all else is empty.

    Attributes:
        images: (N, S, S, 3) uint8. landmarks_px: (N, 68, 2) float32. skin: (N, S, S) bool. who: (N,) int64.
    """

    images: np.ndarray
    landmarks_px: np.ndarray
    skin: np.ndarray
    who: np.ndarray

    @classmethod
    def at(cls, folder: Path, size: int) -> LabelledTree:
        """Raises: UserError, where a photo can't be read or lacks its points, or no person has two."""
        photos = [file for file in image_files(folder) if not file.name.endswith(MASK)]
        made = [labelled(photo, size) for photo in photos]
        people = [photo.relative_to(folder).parts[0] for photo in photos]
        names, who, count = np.unique(people, return_inverse=True, return_counts=True)
        if count.max() < 2 or len(names) < 2:
            raise UserError(f"{folder} holds one photo a person: give two or more of each, as PERSON/*.jpg")
        images, marks, skin = (np.stack(values) for values in zip(*made, strict=True))
        return cls(images, marks, skin, who.astype(np.int64))

    def __len__(self) -> int:
        return len(self.images)

    def record(self, number: int, names: Collection[str]) -> Record:
        """As `Source` says."""
        skin = self.skin[number]
        region = np.where(skin, SKIN, 0).astype(np.uint8)
        told = {"rgb": self.images[number], "landmarks_px": self.landmarks_px[number], "mask": skin, "region": region}
        return record_with(index=number, **told)

    def key(self) -> dict[str, Any]:
        """As `Source` says."""
        labels = [values.tobytes() for values in (self.images, self.landmarks_px, self.skin)]
        return {"kind": "labelled", "content": hashlib.sha256(b"".join(labels)).hexdigest(), "who": self.who.tolist()}

    def people(self) -> np.ndarray:
        """As `Source` says."""
        return self.who


def has_points(folder: Path) -> bool:
    """Whether a photo under the folder has landmarks beside it."""
    return any(photo.with_suffix(end).is_file() for photo in image_files(folder) for end in POINTS)


def labelled(photo: Path, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A photo's frame at `size` px: image (S, S, 3) uint8, landmarks (68, 2) float32, skin (S, S) bool."""
    points = read_points(photo)
    framing = from_landmarks(points)
    try:
        image = read_photo(photo)
        rgb = frame(image, framing, size)
    except Unusable as reason:
        raise UserError(f"{photo} can't be used ({reason}): mend it, or take it away") from None
    marks = framing.to_photo(size).inverse()(points).astype(np.float32)
    file = photo.with_name(photo.stem + MASK)
    if not file.is_file():
        hull = cv2.convexHull(np.round(marks).astype(np.int32))
        return rgb, marks, cv2.fillConvexPoly(np.zeros((size, size), np.uint8), hull, 1) > 0
    return rgb, marks, frame(read_mask(file, image.size), framing, size)[..., 0] > 127


def read_mask(file: Path, size: tuple[int, int]) -> Image.Image:
    """A picture of a mask as RGB, `size` (width, height) px as its photo's.

    Raises:
        UserError: it is no picture, or of another size.
    """
    try:
        with Image.open(file, "r", image_formats()) as mask:
            if mask.size == size:  # before its pixels are read: a flat mask packs as tight as a bomb
                return mask.convert("RGB")
            found = mask.size
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{file} is no picture of a mask ({error}): give a PNG, white on skin") from None
    raise UserError(f"{file} is {found[0]}x{found[1]} px, its photo {size[0]}x{size[1]}")


def read_points(photo: Path) -> np.ndarray:
    """(68, 2) float64 px of the file of a photo's points.

    Raises:
        UserError: there is none, or it holds something else.
    """
    file = next((photo.with_suffix(end) for end in POINTS if photo.with_suffix(end).is_file()), None)
    if file is None:
        raise UserError(f"{photo} has no landmarks beside it, as others there: put {photo.stem}.txt of 68 x y lines")
    try:
        points = read_npy(file) if file.suffix == ".npy" else np.loadtxt(file)
        points = np.asarray(points, np.float64)
    except (OSError, ValueError) as error:
        raise UserError(f"{file} holds no landmarks ({error}): give 68 lines of x and y") from None
    if points.shape != (68, 2) or not np.isfinite(points).all():
        raise UserError(f"{file} holds {'x'.join(map(str, points.shape))} numbers, not 68 landmarks of x and y")
    return points
