"""PNG files whose pixels are filtered but not deflated, for containers that compress by themselves.

Deflating the 11 label maps of one record takes 16 ms at 256 px; Parquet's zstd over the same filtered bytes takes 2 ms
and ends smaller. Such files are ordinary PNG: any decoder reads them, and faster, because there is nothing to inflate.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SUB = 1  # PNG filter: each byte minus the same byte of the pixel on its left
GREY, RGB = 0, 2
MOST_PX = 4096**2  # as `recon.ranges.PIXELS` has it
FORMATS = ("PNG", "WEBP", "JPEG")  # ours, and what others store


def encode_png(image: np.ndarray) -> bytes:
    """A PNG of `image`: (H, W) uint8 or uint16 grey, or (H, W, 3) uint8 RGB, lossless."""
    channels = image.shape[2] if image.ndim == 3 else 1
    if channels not in (1, 3) or image.dtype not in (np.uint8, np.uint16) or image.dtype.itemsize * channels > 3:
        raise ValueError(f"no PNG for an array of shape {image.shape} and type {image.dtype}")
    height, width = image.shape[:2]
    big_endian = np.ascontiguousarray(image, dtype=image.dtype.newbyteorder(">"))
    pixels = big_endian.view(np.uint8).reshape(height, -1)
    step = image.dtype.itemsize * channels

    lines = np.empty((height, 1 + pixels.shape[1]), np.uint8)
    lines[:, 0] = SUB
    lines[:, 1 : 1 + step] = pixels[:, :step]
    np.subtract(pixels[:, step:], pixels[:, :-step], out=lines[:, 1 + step :])

    bits, colour = 8 * image.dtype.itemsize, RGB if channels == 3 else GREY
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    body = zlib.compress(lines.tobytes(), level=0)  # stored blocks: PNG's envelope without its work
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def decode_png(data: bytes) -> np.ndarray:
    """The pixels of any PNG, or other picture of a dataset: (H, W) uint8 or uint16, or (H, W, 3) uint8.

    Raises:
        ValueError: it is broken, or has more than MOST_PX.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PX:
                raise ValueError(f"{image.width}x{image.height} px are more than any of a dataset")
            return np.array(image)
    except (Exception, MemoryError) as error:  # Pillow's decoders raise almost anything on a broken file
        raise ValueError(f"holds a broken image ({error})") from None


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))
