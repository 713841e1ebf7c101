"""Backgrounds: procedural ones, or crops from a folder of images."""

from __future__ import annotations

import hashlib
import json
import math
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from recon.errors import UserError
from recon.files import image_files
from recon.photos.reading import Unusable, read_photo


def draw_background(rng: np.random.Generator, size: int, folder: str | None = None, calm: float = 0.0) -> np.ndarray:
    """One background.

    Args:
        rng: state to draw from; the drawing does not depend on `size` but for resolution.
        size: side in pixels. folder: take random crops from the images in it instead.
        calm: 0 draws everything from plain to striped; nearer to 1, plain walls with soft light alone.

    Returns:
        (size, size, 3) float32, display-referred RGB in [0, 1].
    """
    if folder is not None:
        return crop_from(rng, size, folder)
    kind = rng.random() * (1 - calm)
    tone = rng.uniform(0.05, 0.95)
    base = np.clip(tone + rng.normal(0, 0.12, 3), 0.02, 0.98) if rng.random() < 0.6 else rng.uniform(0.02, 0.98, 3)
    base = base.mean() + (base - base.mean()) * rng.uniform(0.1, 1.0)
    line = np.arange(size, dtype=np.float32) / size
    x, y = line[None], line[:, None]
    angle, drop = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.5)
    ramp = 1 - drop * (math.cos(angle) * (x - 0.5) + math.sin(angle) * (y - 0.5) + 0.5)
    middle = rng.uniform(0.2, 0.8, 2).astype(np.float32)
    vignette = 1 - rng.uniform(0, 0.8) * ((x - middle[0]) ** 2 + (y - middle[1]) ** 2)
    light = ramp * vignette
    image = cv2.merge([light * float(channel) for channel in base])  # many times faster than by broadcasting
    if kind > 0.35:  # soft shapes behind the person
        amount = rng.uniform(0.05, 0.35) if kind < 0.75 else rng.uniform(0.3, 0.8)
        for cells in (3, 6, 12, 24):
            blobs = rng.normal(0, 1, (cells, cells, 3)) * rng.uniform(0, 0.6) + rng.normal(0, 1, (cells, cells, 1))
            blobs *= amount * (3.0 / cells) ** 0.7 * 0.3
            image += cv2.resize(blobs.astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    if kind > 0.8:  # stripes, edges, folds
        for _ in range(int(rng.integers(1, 5))):
            angle, width = rng.uniform(0, np.pi), rng.uniform(0.03, 0.4)
            phase = (math.cos(angle) * x + math.sin(angle) * y + rng.uniform()) / width
            stripe = phase - np.floor(phase) < rng.uniform(0.2, 0.8)
            colour = rng.uniform(0, 1, 3)
            reach = (math.sin(angle) * x - math.cos(angle) * y) > rng.uniform(-0.6, 0.6)
            alpha = (stripe & reach).astype(np.float32) * rng.uniform(0.2, 0.9)
            image += cv2.merge([alpha * float(channel) for channel in colour]) - cv2.merge([alpha] * 3) * image
    blur = rng.uniform(0, 0.02) * size
    if blur > 0.5:
        image = cv2.GaussianBlur(image, (0, 0), blur)
    return np.clip(image, 0, 1)


def key_of(folder: str) -> str:
    """16 hexadecimal digits of the names and sizes of a folder's images: other images, other backgrounds."""
    listed = [(str(file.relative_to(folder)), file.stat().st_size) for file in images_in(folder)]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:16]


@lru_cache(maxsize=4)
def images_in(folder: str) -> tuple[Path, ...]:
    if not Path(folder).is_dir():
        raise UserError(f"the background folder {folder} does not exist: give an existing one")
    found = tuple(image_files(Path(folder)))
    if not found:
        raise UserError(f"the background folder {folder} holds no image: put images there or leave the option out")
    return found


def crop_from(rng: np.random.Generator, size: int, folder: str) -> np.ndarray:
    """A random square crop; a file that can't be read gives way to the next one."""
    files = images_in(folder)
    first, part, place = int(rng.integers(len(files))), rng.uniform(0.4, 1.0), rng.random(2)
    reasons = []
    for file in (*files[first:], *files[:first]):
        try:
            image = np.asarray(read_photo(file))
        except Unusable as reason:
            reasons.append(f"{file.name}: {reason}")
            continue
        side = max(int(part * min(image.shape[:2])), 1)
        top, left = (int(f * (length - side)) for f, length in zip(place, image.shape[:2], strict=True))
        crop = image[top : top + side, left : left + side]
        return cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    raise UserError(f"no image in the background folder {folder} can be read (such as {reasons[0]}): put others there")
