"""What a camera left in a photo: blur, grain, JPEG. Each is measured as it looks at the plate's size.

blur_of    as Zhuo and Sim (2011), section 3: an edge of sigma s, blurred again by s1 and by s2, has gradients whose
           ratio is sqrt((s^2 + s2^2) / (s^2 + s1^2)). Both are blurred, so that grain is no edge. The sharpest quarter
           of the strong edges counts: others are soft by themselves.
noise_of   Immerkaer (1996): a mask that smooth shading does not pass; here with a robust deviation over the flattest
           pixels. Grain that JPEG took is not seen, and not told.
quality_of the scale of libjpeg's quantisation tables, read from the file's own.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

AGAIN_PX = 0.8, 1.8  # s1, s2
SAMPLED = 0.25  # px^2 that differences and square pixels add, less what the quantile takes: by edges of known blur
STRONG, SHARPEST = 0.35, 0.25  # of the steepest gradient: what is an edge; the quantile of their sigmas
STEEPEST = 0.998  # quantile
LEAST_EDGE = 0.02  # of full contrast a pixel: below, there is no edge to tell
MOST_PX = 6.0
FLATTEST = 0.3  # share of the pixels in which grain is looked for
PLAIN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
USUAL = 0.95  # share of it that is no edge, MEAN_OF_USUAL: what its clipped absolute value is on average, in sigmas
MEAN_OF_USUAL = 0.7789
ROUNDING = 1 / (12 * 255**2)  # variance of levels
BLACK, WHITE = 6, 249  # levels beyond which grain is cut off
FEWEST_PX, FEWEST_EDGES = 200, 20
# The first row, of luminance, of the tables that quality 50 scales (ITU-T T.81, table K.1), in Pillow's order.
BASE = np.array([16, 11, 10, 16, 24, 40, 51, 61])
SHRUNK = 2.0  # photo pixels in one of the plate, beyond which blocks are gone


def grey(rgb: np.ndarray) -> np.ndarray:
    """(H, W) float32 in [0, 1]."""
    return cv2.cvtColor(np.ascontiguousarray(rgb, np.uint8), cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


def blur_of(rgb: np.ndarray, where: np.ndarray) -> float:
    """Sigma in px of the Gaussian that the sharpest edges look like; NaN where there is no edge.

    Args:
        rgb: (H, W, 3) uint8. where: (H, W) bool, what is looked at: the person and not a soft background.
    """
    image = grey(rgb)
    once, twice = (gradient(cv2.GaussianBlur(image, (0, 0), sigma)) for sigma in AGAIN_PX)
    ridge = (once >= cv2.dilate(once, np.ones((3, 3)))) & where  # an edge's own line, not its flanks
    if not ridge.any():
        return float("nan")
    strong = ridge & (once >= max(LEAST_EDGE, STRONG * float(np.quantile(once[where], STEEPEST))))
    if strong.sum() < FEWEST_EDGES:
        return float("nan")
    square = np.maximum((once[strong] / np.maximum(twice[strong], 1e-6)) ** 2, 1 + 1e-3)
    first, second = np.square(AGAIN_PX)
    variance = float(np.quantile((second - square * first) / (square - 1), SHARPEST)) - SAMPLED
    return float(np.clip(np.sqrt(max(variance, 0.0)), 0, MOST_PX))


def gradient(image: np.ndarray) -> np.ndarray:
    """(H, W) float32 length of the central differences' gradient, a pixel."""
    across = cv2.filter2D(image, -1, np.array([[-0.5, 0, 0.5]], np.float32), borderType=cv2.BORDER_REFLECT)
    along = cv2.filter2D(image, -1, np.array([[-0.5], [0], [0.5]], np.float32), borderType=cv2.BORDER_REFLECT)
    return np.hypot(across, along)


def noise_of(rgb: np.ndarray, where: np.ndarray) -> float:
    """Sigma of the grain of brightness' channels, of sRGB 0 to 1; NaN where too little is flat.

    Args:
        rgb: (H, W, 3) uint8. where: (H, W) bool, as in `blur_of`.
    """
    image = np.asarray(rgb, np.float32) / 255
    inside = where & (rgb.min(-1) > BLACK) & (rgb.max(-1) < WHITE)
    inside = cv2.erode(inside.astype(np.uint8), np.ones((3, 3))) > 0
    if inside.sum() < FEWEST_PX:
        return float("nan")
    slope = gradient(cv2.GaussianBlur(grey(rgb), (0, 0), 2.0))
    flat = inside & (slope <= np.quantile(slope[inside], FLATTEST))
    grain = np.abs(cv2.filter2D(image, -1, PLAIN, borderType=cv2.BORDER_REFLECT)[flat])
    usual = np.minimum(grain, np.quantile(grain, USUAL))
    variance = float((usual.mean() / MEAN_OF_USUAL) ** 2) - ROUNDING
    return float(np.sqrt(max(variance, 0.0)))


def quality_of(photo: Image.Image, scale: float) -> int:
    """Quality 1 to 100 of a JPEG file, 0 of another and of one that is shrunk so far that its blocks are gone.

    Args:
        photo: as Pillow opened it. scale: photo pixels in one of the plate.
    """
    tables = getattr(photo, "quantization", None)
    if not tables or scale > SHRUNK:
        return 0
    off = [np.abs(np.asarray(tables[0][:8]) - scaled(quality)).sum() for quality in range(1, 101)]
    return 1 + int(np.argmin(off))


def scaled(quality: int) -> np.ndarray:
    """(8,) int: BASE as libjpeg scales it."""
    share = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((BASE * share + 50) // 100, 1, 255)
