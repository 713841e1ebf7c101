"""What photos do and renders don't: colour, light, blur, noise, compression and things before the face.

Sizes are relative to the image. What concerns the labels too (the occluders) and what runs well on whole batches
(colour, shadow) is torch; blur, noise and compression of single images are albumentations', which this file
alone knows.
"""

from __future__ import annotations

import functools
import math
import os

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # else it asks the package registry for news at import

import albumentations as A
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from recon.faces.parsing import OCCLUDER
from recon.train.config import AugmentConfig

SEEN = ("mask", "position_mm", "correspondence", "normals")  # labels of what is seen; an occluder takes them
SEEN_OF_WHOLE = ("visible", "normals")  # the same where the others are of the whole face, see `MapsTarget`


def augment(batch: dict[str, Tensor], seed: int, step: int, config: AugmentConfig) -> dict[str, Tensor]:
    """A new batch, the same for the same (seed, step).

    batch: rgb (B, 3, S, S) float [0, 1], and any labels. Where an occluder lies, maps of what is seen become 0 (those
    of SEEN, or of SEEN_OF_WHOLE in a batch that knows the whole face, hidden or not), and its class that of an
    occluder; others stay as they are.
    """
    draws = np.random.default_rng((seed, step, 2))
    batch = occlude(batch, draws, config.occluders)
    rgb = shade(batch["rgb"], draws, config.shadow)
    rgb = recolour(rgb, draws, config.colour, config.grey)
    rgb = scale_channels(rgb, draws, config.channels)
    return {**batch, "rgb": degrade(rgb, draws, config.degrade)}


def occlude(batch: dict[str, Tensor], draws: np.random.Generator, most: int) -> dict[str, Tensor]:
    """Lay 0 to `most` ellipses and rectangles, plain, textured or cut out of another image, over each image."""
    rgb = batch["rgb"].clone()
    hidden = torch.zeros_like(rgb[:, :1])
    counts = draws.integers(0, most + 1, len(rgb))
    for i, count in enumerate(counts):
        for _ in range(count):
            alpha = _shape(rgb.shape[-1], draws)
            rgb[i] = torch.lerp(rgb[i], _texture(batch["rgb"], draws), alpha)
            hidden[i] = torch.maximum(hidden[i], (alpha > 0.5).to(hidden.dtype))
    seen = SEEN_OF_WHOLE if "visible" in batch else SEEN
    coarse = next((batch[name] for name in (*seen, "classes") if name in batch), rgb).shape[-1]
    hidden = (F.adaptive_avg_pool2d(hidden, coarse) > 0.5).to(hidden.dtype)  # maps may be coarser than the image
    labels = {name: batch[name] * (1 - hidden) for name in seen if name in batch}
    if "classes" in batch:
        labels["classes"] = torch.where(hidden > 0, float(OCCLUDER), batch["classes"])
    return {**batch, **labels, "rgb": rgb}


def shade(rgb: Tensor, draws: np.random.Generator, probability: float) -> Tensor:
    """Darken one side of a random line, with a soft edge of random width, in some images. (B, 3, S, S) -> same."""
    count, size = len(rgb), rgb.shape[-1]
    angle, offset = draws.uniform(0, 2 * math.pi, count), draws.uniform(-0.6, 0.6, count)
    sharpness = np.exp(draws.uniform(math.log(2), math.log(60), count))
    depth = draws.uniform(0.2, 0.7, count) * (draws.random(count) < probability)
    y, x = _grid(size)
    across = _column(np.cos(angle)) * x + _column(np.sin(angle)) * y - _column(offset)
    return rgb * (1 - _column(depth) * torch.sigmoid(across * _column(sharpness)))


def recolour(rgb: Tensor, draws: np.random.Generator, strength: float, grey: float) -> Tensor:
    """Hue and saturation, then white balance, exposure, contrast about the mean, and gamma; clamped to [0, 1]."""
    count = len(rgb)

    def jitter(width: float, channels: int = 1) -> Tensor:
        """Factors spread about 1, as likely to double as to halve."""
        exponents = draws.uniform(-width, width, (count, channels)) * strength
        return torch.from_numpy(2.0**exponents).to(rgb).view(count, channels, 1, 1)

    saturation = draws.uniform(1 - 0.7 * strength, 1 + 0.5 * strength, count) * (draws.random(count) >= grey)
    hue = draws.uniform(-0.25, 0.25, count) * strength
    rgb = torch.einsum("bij,bjhw->bihw", torch.from_numpy(_hue_saturation(hue, saturation)).to(rgb), rgb)
    rgb = rgb * jitter(0.15, 3) * jitter(0.5)
    mean = rgb.mean((1, 2, 3), keepdim=True)
    rgb = ((rgb - mean) * jitter(0.5) + mean).clamp(0, 1)
    return rgb.clamp_min(1e-6) ** jitter(0.5) if strength else rgb


def scale_channels(rgb: Tensor, draws: np.random.Generator, most: float) -> Tensor:
    """Each channel of each image times 1 - most to 1 + most, clamped to [0, 1]. (B, 3, S, S) -> same."""
    if not most:
        return rgb
    factors = draws.uniform(1 - most, 1 + most, (*rgb.shape[:2], 1, 1))
    return (rgb * torch.from_numpy(factors).to(rgb)).clamp(0, 1)


def degrade(rgb: Tensor, draws: np.random.Generator, probability: float) -> Tensor:
    """Blur or coarse pixels, sensor noise and JPEG, each in some images, through 8 bits. (B, 3, S, S) -> same."""
    if not probability:
        return rgb
    camera = _camera(probability)
    images = (rgb * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()
    degraded = np.empty_like(images)
    for i, image in enumerate(images):
        camera.set_random_seed(int(draws.integers(2**31)))
        degraded[i] = camera(image=image)["image"]
    return torch.from_numpy(degraded).permute(0, 3, 1, 2).contiguous().to(rgb.dtype) / 255


@functools.cache
def _camera(probability: float) -> A.Compose:
    return A.Compose(
        [
            A.OneOf(
                [
                    A.GaussianBlur(blur_limit=(3, 5), sigma_limit=(0.3, 1.5), p=1),
                    A.MotionBlur(blur_limit=(3, 7), p=1),
                    A.Downscale(scale_range=(0.35, 0.8), p=1),
                ],
                p=probability,
            ),
            A.GaussNoise(std_range=(0.01, 0.08), p=probability),
            A.ImageCompression(quality_range=(25, 95), p=probability),
        ]
    )


def _grid(size: int) -> tuple[Tensor, Tensor]:
    """Row and column coordinates in [-1, 1]: two (size, size) maps."""
    line = (torch.arange(size) + 0.5) / size * 2 - 1
    return line[:, None].expand(size, size), line[None].expand(size, size)


def _column(values: np.ndarray) -> Tensor:
    return torch.from_numpy(values.astype(np.float32)).view(-1, 1, 1, 1)


def _shape(size: int, draws: np.random.Generator) -> Tensor:
    """Coverage (size, size) in [0, 1] of one turned ellipse or rounded rectangle, about two pixels soft at its rim."""
    y, x = _grid(size)
    angle = draws.uniform(0, math.pi)
    centre_x, centre_y = draws.uniform(-0.8, 0.8, 2)
    half_x, half_y = np.exp(draws.uniform(math.log(0.06), math.log(0.5), 2))
    along = ((x - centre_x) * math.cos(angle) + (y - centre_y) * math.sin(angle)) / half_x
    across = ((y - centre_y) * math.cos(angle) - (x - centre_x) * math.sin(angle)) / half_y
    doublings = 1 if draws.random() < 0.5 else 3  # the 2-norm's ball is an ellipse, the 8-norm's a rounded rectangle
    for _ in range(doublings):
        along, across = along.square(), across.square()
    radius = along + across
    for _ in range(doublings):
        radius = radius.sqrt()
    return ((1 - radius) * min(half_x, half_y) * size / 4 + 0.5).clamp(0, 1)


def _texture(rgb: Tensor, draws: np.random.Generator) -> Tensor:
    """(3, S, S) in [0, 1]: a plain colour, soft colour noise, or another image of the batch, rolled and recoloured."""
    size = rgb.shape[-1]
    colour = torch.from_numpy(draws.random((3, 1, 1), dtype=np.float32)).to(rgb)
    kind = draws.random()
    if kind < 0.3:
        return colour.expand(3, size, size)
    if kind < 0.6:
        cells = int(draws.integers(2, max(3, size // 3)))
        noise = torch.from_numpy(draws.random((1, 3, cells, cells), dtype=np.float32)).to(rgb)
        noise = F.interpolate(noise, size=(size, size), mode="bilinear", align_corners=False)[0]
        return torch.lerp(colour, noise, float(draws.uniform(0.1, 0.7)))
    other = rgb[int(draws.integers(len(rgb)))]
    shift = draws.integers(-size // 2, size // 2 + 1, 2).tolist()
    return (other.roll(shift, (-2, -1)) * (0.5 + colour)).clamp(0, 1)


def _hue_saturation(hue: np.ndarray, saturation: np.ndarray) -> np.ndarray:
    """(B, 3, 3): turn the colours about the grey axis by `hue` radians and scale their distance from Rec. 601 grey."""
    axis = np.full(3, 1 / math.sqrt(3))
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    c, s = np.cos(hue)[:, None, None], np.sin(hue)[:, None, None]
    turn = c * np.eye(3) + s * cross + (1 - c) * np.outer(axis, axis)
    grey = np.tile(np.array([0.299, 0.587, 0.114]), (3, 1))
    return (grey + saturation[:, None, None] * (np.eye(3) - grey)) @ turn
