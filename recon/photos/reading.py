"""One photo file as 8-bit sRGB, upright, whatever it was stored as."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from recon.files import image_formats

BACKDROP = (128, 128, 128)  # behind transparent pixels
SMALLEST_SIDE_PX = 16
MOST_PX = 220_000_000  # 3 bytes each in memory; the largest sensors of phones have 200 million
PLAUSIBLE_PX, MOST_PX_PER_BYTE = 2**24, 100
"""Of a larger image than the first no more pixels than the second to a byte of its file: photos have one to 30, and a
few bytes of zeros can be packed into a thousand times as many."""
GREY_BITS = (8, 10, 12, 14, 16, 24, 32)
HEIF = (".heic", ".heif", ".hif")


class Unusable(Exception):
    """Why one photo is skipped."""


def read_photo(path: Path) -> Image.Image:
    """One photo as 8-bit sRGB, upright.

    EXIF orientation is applied once and an embedded colour profile converted; of several frames the first is taken;
    transparent pixels lie over mid grey; greys of more than 8 bits and floats are scaled as `_eight_bits` says.

    Raises:
        Unusable: it isn't a whole image that Pillow reads without another program, has fewer than 16 px a side or more
            than MOST_PX, or more pixels than a photo packs into so few bytes.
    """
    _register_plugins()
    if not path.is_file():  # a pipe would be waited for
        raise Unusable("no file" if path.exists() else "a link to nothing" if path.is_symlink() else "not there")
    try:
        with _any_size(), Image.open(path, "r", image_formats()) as file:
            width, height = file.size
            refuse_size(width, height)
            _refuse_bomb(width, height, path.stat().st_size)
            file.load()
            ImageOps.exif_transpose(file, in_place=True)
            return _in_rgb(file)
    except Unusable:
        raise
    except UnidentifiedImageError:
        mend = ": pip install pillow-heif" if path.suffix.lower() in HEIF else ""
        raise Unusable(f"not a readable image (no format that Pillow knows){mend}") from None
    except (Exception, MemoryError) as error:  # Pillow's decoders raise almost anything on a broken file
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise Unusable(f"not a readable image ({reason})") from None


def refuse_size(width: int, height: int) -> None:
    """Raise Unusable where an image's side is too small, or the whole too large."""
    if min(width, height) < SMALLEST_SIDE_PX:
        raise Unusable(f"only {width}x{height} px")
    if width * height > MOST_PX:
        raise Unusable(f"{width}x{height} px are more than {MOST_PX // 10**6} million: make it smaller")


def _refuse_bomb(width: int, height: int, size_bytes: int) -> None:
    if width * height > max(PLAUSIBLE_PX, MOST_PX_PER_BYTE * size_bytes):
        raise Unusable(f"{size_bytes:,} bytes can't be a photo of {width}x{height} px")


def _in_rgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode not in ("RGB", "RGBA", "L", "CMYK"):
        image = image.convert("RGB")
    image = _in_srgb(image, profile) if profile else image
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, (*BACKDROP, 255)), image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Converted from the embedded profile; as it is where that is broken or of another kind of image."""
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(given):
            return image
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        how = ImageCms.Intent.RELATIVE_COLORIMETRIC, mode, False, ImageCms.Flags.BLACKPOINTCOMPENSATION
        return ImageCms.profileToProfile(image, given, _srgb(), *how) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 8 bits.

    Whole numbers are scaled by the file's bit depth: the least of GREY_BITS that holds its brightest pixel, since
    cameras' 10 and 12 bits come in files of 16. Floats within [0, 1] are taken as they are; others from the least,
    or 0 where that is above, to the greatest finite value. NaN is black.
    """
    values = np.asarray(image).astype(np.float32 if image.mode == "F" else np.float64)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if image.mode == "F":
        low, high = min(low, 0.0), 1.0 if low >= 0 and high <= 1 else high
    else:
        low, high = 0.0, float(next(2**bits - 1 for bits in GREY_BITS if high < 2**bits))
    scaled = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) * (255 / max(high - low, 1e-30))
    return Image.fromarray(scaled.clip(0, 255).round().astype(np.uint8))


@cache
def _register_plugins() -> None:
    try:
        import pillow_heif  # pyright: ignore[reportMissingImports]
    except ImportError:
        return
    pillow_heif.register_heif_opener()


_size_check = threading.Lock()


@contextmanager
def _any_size() -> Iterator[None]:
    """Without Pillow's own check of an image's size, which warns from half of what phones take on."""
    with _size_check:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before
