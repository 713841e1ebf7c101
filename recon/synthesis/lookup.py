"""Maps and images looked up where the pixels of a moved image lie in the old one."""

from __future__ import annotations

import cv2
import numpy as np


class Lookup:
    """Where in an old image of `old` px the centres of a new one's `new` px lie, and what is there.

    similarity: (2, 3) from old to new pixels. OpenCV places a sample to 1/64 of a pixel.
    """

    def __init__(self, similarity: np.ndarray, old: int, new: int) -> None:
        self.new = new
        self.back = np.linalg.inv(np.vstack([similarity, [0, 0, 1]]))[:2]
        self.places = self._places(1)

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """(old, old) bool or uint8 -> (new, new): the old pixel's value; 0 outside of the old image."""
        return _at(np.floor(self.places), values.view(np.uint8), 0).view(values.dtype)

    def smooth(self, values: np.ndarray, uneven: float) -> np.ndarray:
        """(old, old) or (old, old, k) float32 -> the same at (new, new), NaN where the nearest old pixel has none, or
        lies outside.

        Between the four old pixels around, bilinearly; where one of them has none, or they spread more than `uneven`
        in any channel, the nearest alone counts.
        """
        values = np.ascontiguousarray(values)
        even = _at(np.floor(self.places - 0.5), _even(values, uneven).view(np.uint8), 0).view(bool)
        between, nearest = (
            _between(self.places, values, cv2.BORDER_CONSTANT),
            _at(np.floor(self.places), values, np.nan),
        )
        return np.where(even if values.ndim == 2 else even[..., None], between, nearest)

    def colours(self, rgb: np.ndarray) -> np.ndarray:
        """(old, old, 3) uint8 -> (new, new, 3) uint8: bilinear, the mean over each new pixel where it holds several old
        ones, mirrored beyond the border."""
        finer = max(1, round(float(np.hypot(*self.back[:, 0]))))
        places = self._places(finer) if finer > 1 else self.places
        pixels = _between(places, np.ascontiguousarray(rgb), cv2.BORDER_REFLECT)
        return pixels if finer == 1 else cv2.resize(pixels, (self.new, self.new), interpolation=cv2.INTER_AREA)

    def _places(self, finer: int) -> np.ndarray:
        """(new * finer, new * finer, 2) the old image's u, v at the centres of so many samples a pixel and axis."""
        line = (np.arange(self.new * finer) + 0.5) / finer
        grid = np.stack(np.meshgrid(line, line), -1)
        return (grid @ self.back[:, :2].T + self.back[:, 2]).round(9)  # so that a quarter turn meets centres exactly


def _between(places: np.ndarray, values: np.ndarray, border: int) -> np.ndarray:
    """Bilinearly at the places (n, n, 2); OpenCV's pixels have whole numbers at their centres."""
    return cv2.remap(values, *_columns_and_rows(places - 0.5), cv2.INTER_LINEAR, borderMode=border)


def _at(pixels: np.ndarray, values: np.ndarray, outside: float) -> np.ndarray:
    """The values of the pixels (n, n, 2), whole numbers."""
    border = cv2.BORDER_CONSTANT
    return cv2.remap(
        values, *_columns_and_rows(pixels), cv2.INTER_NEAREST, borderMode=border, borderValue=(outside,) * 4
    )


def _columns_and_rows(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, n, 2) -> twice (n, n) float32, as OpenCV wants them."""
    columns, rows = np.moveaxis(places.astype(np.float32), -1, 0)
    return np.ascontiguousarray(columns), np.ascontiguousarray(rows)


def _even(values: np.ndarray, most: float) -> np.ndarray:
    """(n, n) or (n, n, k) -> (n, n) bool: whether a pixel, its right, lower and lower right neighbours all have values,
    that spread at most so far. False in the last row and column, which lack neighbours."""
    even = np.zeros(values.shape[:2], bool)
    inner = even[:-1, :-1]
    inner[...] = True
    for channel in np.moveaxis(values.reshape(*values.shape[:2], -1), -1, 0):
        high, low = np.maximum(channel[:, 1:], channel[:, :-1]), np.minimum(channel[:, 1:], channel[:, :-1])
        inner &= np.maximum(high[1:], high[:-1]) - np.minimum(low[1:], low[:-1]) <= most
    return even
