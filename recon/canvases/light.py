"""The light on a photographed face: nine harmonics of each colour, fitted to the skin without its spots and highlights.

    photo = tone * (polynomials(normal) @ light)        in linear light, Lambert's law (Ramamoorthi and Hanrahan 2001)

Brightness is fitted first, by iterated weights; then each colour's own harmonics, held near those of brightness by a
ridge, since a face shows half of all normals and hardly tells how blue the light from behind is.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from recon.render.harmonics import polynomials

POWER = 2.2  # of sRGB, as `recon.fitting.photometric` takes it
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
ROUNDS = 8  # of the iterated weights, Cauchy's: a pixel off by the median deviation's sigma, or LEAST, counts half
LEAST = 0.05  # of the median brightness
RIDGE = np.array([0.0, *[3e-3] * 3, *[2e-2] * 5])  # of the harmonics by order, against the mean square of the features
COLOUR_RIDGE = np.array([0.0, *[2e-2] * 3, *[1e-1] * 5])
BURNT = 250  # of 255, in all channels: what is as bright tells nothing
DARKEST = 0.08  # of the tone: the fitted light is nowhere less
FEWEST_PX = 400


@dataclass(frozen=True)
class Light:
    """coefficients: (9, 3) and tone: (3,) float32, residual: as `recon.synthesis.canvas.Canvas` has them."""

    coefficients: np.ndarray
    tone: np.ndarray
    residual: float

    def on(self, normals: np.ndarray) -> np.ndarray:
        """(..., 3) linear colour of smooth skin with these unit normals (..., 3)."""
        return self.tone * np.maximum(polynomials(normals) @ self.coefficients, DARKEST)


def linear(rgb: np.ndarray) -> np.ndarray:
    """uint8 sRGB in linear light, float32 in [0, 1], by the power law."""
    return ((np.asarray(rgb, np.float32) / 255) ** POWER).astype(np.float32)


def shown(light: np.ndarray) -> np.ndarray:
    """The other way: float32 in [0, 1] sRGB, not rounded."""
    return np.clip(light, 0, 1) ** np.float32(1 / POWER)


def light_of(rgb: np.ndarray, normals: np.ndarray, skin: np.ndarray, face: np.ndarray) -> Light | None:
    """The light on a face; None where too little skin is seen.

    Args:
        rgb: (S, S, 3) uint8. normals: (S, S, 3) unit, camera frame. skin: (S, S) bool, what the fit may look at.
        face: (S, S) bool with normals, over which the light's mean is to be 1.
    """
    told = skin & (rgb.min(-1) < BURNT) & np.isfinite(normals).all(-1)
    if told.sum() < FEWEST_PX:
        return None
    soft = cv2.GaussianBlur(linear(rgb), (0, 0), len(rgb) / 256)
    features, colours = polynomials(normals[told]).astype(np.float64), soft[told].astype(np.float64)
    brightness = colours @ LUMINANCE
    mean = float(np.median(brightness))
    weights, common, residual = np.ones(len(brightness)), np.zeros(9), 0.0
    for _ in range(ROUNDS):
        common = solved(features, brightness, weights, RIDGE, np.zeros(9))
        off = (brightness - features @ common) / mean
        residual = 1.4826 * float(np.median(np.abs(off)))
        weights = 1 / (1 + (off / max(residual, LEAST)) ** 2)
    predicted = features @ common
    own = []
    for channel in colours.T:
        gain = float(np.sum(weights * channel * predicted) / np.sum(weights * predicted**2))
        own.append(solved(features, channel, weights, COLOUR_RIDGE, gain * common))
    coefficients = np.stack(own, 1)
    tone = np.maximum((polynomials(normals[face]) @ coefficients).mean(0), 1e-3)
    return Light((coefficients / tone).astype(np.float32), tone.astype(np.float32), residual)


def solved(
    features: np.ndarray, values: np.ndarray, weights: np.ndarray, ridge: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    """(9,) weighted least squares of values (p,) by features (p, 9), drawn to `prior` (9,) by `ridge` (9,)."""
    weighted = features * weights[:, None]
    pull = ridge * weights.sum()
    return np.linalg.solve(weighted.T @ features + np.diag(pull), weighted.T @ values + pull * prior)
