"""What a camera does to light: exposure, white balance, tone, blur, noise, JPEG. It touches RGB only, never a label."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

BRIGHT, BRIGHT_SHARE = 0.6, 0.1  # a metering camera lets no more than that share of a face be brighter, in linear light


@dataclass(frozen=True)
class Response:
    """Drawn camera settings; lengths are shares of the image's side, so that they mean the same at any size.

    Attributes:
        exposure: gain on linear light. balance: (3,) gains of R, G, B.
        contrast: slope about middle grey, display-referred.
        saturation: 0 grey, 1 as it is. blur: standard deviation as a share of the side. noise: standard deviation.
        quality: JPEG quality, or 0 for none. seed: of the noise.
        meters: the exposure is lowered where it would burn out the face (`metered`).
    """

    exposure: float
    balance: tuple[float, float, float]
    contrast: float
    saturation: float
    blur: float
    noise: float
    quality: int
    seed: int
    meters: bool = False


def draw_response(
    rng: np.random.Generator, exposure: float = 1.0, exposure_sd: float = 0.25, contrast: float = 1.0
) -> Response:
    """A broad mix of cameras; `exposure` and `contrast` are gains on theirs, exposure_sd spreads log exposure."""
    warmth = rng.normal(0, 0.05)
    return Response(
        exposure=float(exposure * np.exp(rng.normal(-0.05, exposure_sd))),
        balance=(float(1 + warmth), 1.0, float(1 - warmth)),
        contrast=float(contrast * rng.uniform(0.9, 1.35)),
        saturation=float(rng.uniform(0.65, 1.1)),
        blur=float(rng.uniform(0, 0.006) if rng.random() < 0.5 else 0.0),
        noise=float(rng.uniform(0, 0.025) if rng.random() < 0.5 else 0.0),
        quality=int(rng.integers(45, 96)) if rng.random() < 0.4 else 0,
        seed=int(rng.integers(2**31)),
    )


def metered(response: Response, face: np.ndarray) -> Response:
    """The settings of a camera that meters the face, of which linear light (n, 3) comes."""
    if not response.meters or not len(face):
        return response
    brightest = float(np.quantile(face.mean(1), 1 - BRIGHT_SHARE)) * response.exposure
    return replace(response, exposure=response.exposure * min(1.0, BRIGHT / max(brightest, 1e-6)))


def develop(linear: np.ndarray, response: Response) -> np.ndarray:
    """Linear light to display-referred RGB: (H, W, 3) float32 >= 0 -> [0, 1] (sRGB curve with a soft shoulder)."""
    light = cv2.transform(linear, np.diag(response.exposure * np.array(response.balance)).astype(np.float32))
    light = np.minimum(light, 0.6) + 0.4 * np.tanh(np.maximum(light - 0.6, 0) / 0.4)  # highlights roll off
    shown = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(light, np.float32(1 / 2.4)) - 0.055)
    # Saturation about grey and contrast about the middle, as one affine map of the colours.
    mix = response.saturation * np.eye(3) + (1 - response.saturation) / 3
    affine = np.column_stack([response.contrast * mix, np.full(3, 0.5 - 0.5 * response.contrast)])
    return np.clip(cv2.transform(shown, affine.astype(np.float32)), 0, 1)


def degrade(image: np.ndarray, response: Response) -> np.ndarray:
    """Blur, noise and JPEG: (S, S, 3) float32 in [0, 1] -> (S, S, 3) uint8."""
    side = image.shape[0]
    if response.blur * side > 0.3:
        image = cv2.GaussianBlur(image, (0, 0), response.blur * side)
    if response.noise > 0:
        rng = np.random.default_rng(response.seed)
        grain = rng.standard_normal(image.shape, dtype=np.float32)
        image = image + np.float32(response.noise) * grain
    pixels = np.clip(np.round(image * 255), 0, 255).astype(np.uint8)
    if response.quality:
        _, packed = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, response.quality])
        pixels = np.ascontiguousarray(np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))[..., ::-1])
    return pixels
