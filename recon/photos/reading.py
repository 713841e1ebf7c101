"""One photo file as 8-bit RGB, upright, whatever it was stored as."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

BACKDROP = (128, 128, 128)  # behind transparent pixels
SMALLEST_SIDE_PX = 16


class Unusable(Exception):
    """Why one photo is skipped."""


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
