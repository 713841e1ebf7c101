"""Whether a photo looks like the face that was fitted to it: its colours under the best smooth light.

Radiance is an albedo for each region times the irradiance of second-order spherical harmonics of the normals
(Ramamoorthi and Hanrahan 2001); to stay linear, lips, brows and eyes have an offset instead. What that leaves
unexplained is compared with what it leaves where the labels are shifted a little: labels that lie where the photo has
its face explain it better than their neighbours, labels of another face do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from recon.faces.model import REGIONS
from recon.render.harmonics import polynomials

SPOTS = ("lips", "brows", "eyes")  # regions of another colour than skin's
ROUNDS, OUTLIER = 3, 2.5  # fits, each without what lay so many deviations off: highlights, shadows, hair
RIDGE = 1e-3
SHIFTS = tuple((x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y)
SHIFT_SHARE = 0.025  # of the side: a tenth of the eye distance
SIDE = 96  # px, at which photos are compared: pores and hairs are no shape
FEWEST_PX = 150


@dataclass(frozen=True)
class Look:
    """How well labels explain a photo.

    Attributes:
        residual: robust deviation of the luminance from the model's, a share of its mean; NaN: too little is seen.
        sharpness: how much greater it is at the best of eight shifted places, a share, of luminance and redness
            together (geometric mean); below 0: shifted labels fit better.
    """

    residual: float
    sharpness: float


def look_of(rgb: np.ndarray, normals: np.ndarray, region: np.ndarray, mask: np.ndarray) -> Look:
    """Compare a photo with labels.

    Args:
        rgb: (S, S, 3) uint8. normals: (S, S, 3) unit, region: (S, S) uint8, mask: (S, S) bool, the visible face.
    """
    spots, shapes, inside = labels_at(normals, region, mask)
    if inside.sum() < FEWEST_PX:
        return Look(float("nan"), float("nan"))
    features = np.concatenate([shapes, spots], 1)
    step = max(1, round(SHIFT_SHARE * SIDE))
    places = [(0, 0), *((step * x, step * y) for x, y in SHIFTS)]
    left = np.array([[unexplained(features, shifted(one, *by)[inside]) for by in places] for one in pictures(rgb)])
    worse = np.exp(np.log(left / left[:, :1]).mean(0))
    return Look(float(left[0, 0]), float(worse[1:].min() - 1))


def pictures(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Luminance and redness (SIDE, SIDE) of (S, S, 3) uint8, by the plain power law of 2.2."""
    linear = (rgb / 255.0) ** 2.2
    return small(linear @ np.array([0.2126, 0.7152, 0.0722])), small(linear[..., 0] / (linear.sum(-1) + 0.02))


def small(values: np.ndarray) -> np.ndarray:
    """Averaged down to SIDE pixels."""
    return cv2.resize(np.asarray(values, np.float64), (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def labels_at(normals: np.ndarray, region: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of each of SPOTS (p, 3) and harmonics (p, 9) of the p pixels of `inside` (SIDE, SIDE) bool."""
    share = small(mask)
    inside = share > 0.9
    soft = small(np.where(mask[..., None], normals, 0))[inside]
    soft /= np.maximum(np.linalg.norm(soft, axis=1, keepdims=True), 1e-9)
    spots = [small(mask & (region == REGIONS.index(name)))[inside] for name in SPOTS]
    return np.stack(spots, 1), polynomials(soft), inside


def unexplained(features: np.ndarray, values: np.ndarray) -> float:
    """Robust standard deviation of values (p,) from their best sum of features (p, k), over the values' mean."""
    kept, left = np.ones(len(values), bool), values
    for _ in range(ROUNDS):
        design = features[kept]
        matrix = design.T @ design + RIDGE * kept.sum() * np.eye(features.shape[1])
        left = np.abs(values - features @ np.linalg.solve(matrix, design.T @ values[kept]))
        kept = left < OUTLIER * 1.4826 * max(float(np.median(left)), 1e-6)
    return float(np.minimum(left, np.quantile(left, 0.95)).mean() / max(float(values.mean()), 1e-3))


def shifted(values: np.ndarray, right: int, down: int) -> np.ndarray:
    """The picture (S, S) as the labels see it when they lie `right` and `down` px further; borders are repeated."""
    reach = max(abs(right), abs(down))
    padded = np.pad(values, reach, mode="edge")
    rows, columns = (slice(reach + by, reach + by + len(values)) for by in (down, right))
    return padded[rows, columns]
