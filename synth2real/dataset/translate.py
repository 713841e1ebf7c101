"""Renders made realistic, each with its measured drift: how far a frozen network says its geometry moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recon.errors import UserError
from recon.methods.base import Reconstructor
from recon.synthesis.record import Record
from synth2real.gan.drift import label_drift
from synth2real.gan.generator import Generator, draw_noise


@dataclass(frozen=True)
class Translation:
    """One realistic image and how far it strays from the labels of its render, as the frozen network sees both.

    image: (S, S, 3) uint8. drift_mm: mean over the true face mask of the length by which the network's position moves.
    drift_correspondence: the same for the correspondence, in units of the canonical box. mask_iou: overlap of the
    network's two masks at 0.5. NaN where the render shows no pixel of the face.
    """

    image: np.ndarray
    drift_mm: float
    drift_correspondence: float
    mask_iou: float


@torch.no_grad()
def translate(records: Sequence[Record], generator: Generator, network: Reconstructor) -> list[Translation]:
    """Translate a batch of records of one size, and measure the drift of each image as it is written."""
    images = translate_images(records, generator)
    mask = torch.stack([torch.from_numpy(record.mask)[None].float() for record in records])
    render, stored = (torch.stack([_image(one) for one in kind]) for kind in ([r.rgb for r in records], images))
    drift = label_drift(network.predict(render), network.predict(stored), mask)
    return [
        Translation(image, **{name: float(values[i]) for name, values in drift.items()})
        for i, image in enumerate(images)
    ]


@torch.no_grad()
def translate_images(records: Sequence[Record], generator: Generator) -> np.ndarray:
    """Records of one size -> (B, S, S, 3) uint8. The noise of each depends on its (seed, index) alone."""
    render = torch.stack([_image(record.rgb) for record in records])
    correspondence = torch.stack([_map(record.correspondence, record.mask) for record in records])
    normals = torch.stack([_map(record.normals, record.mask) for record in records])
    noise = torch.cat([_noise(generator, record) for record in records])

    translated = generator(render, correspondence, normals, noise).clamp(0, 1)
    if not translated.isfinite().all():
        raise UserError("the generator's image has values that are not numbers: give another --generator")
    return (translated.permute(0, 2, 3, 1) * 255).round().byte().numpy()


def check_size(size: int, generator: Generator) -> None:
    """Refuse a side that the generator's halvings don't divide."""
    if size % generator.stride:
        raise UserError(f"--size {size} does not fit the generator: choose a multiple of {generator.stride}")


def _image(pixels: np.ndarray) -> Tensor:
    """(S, S, 3) uint8 -> (3, S, S) float in [0, 1]."""
    return torch.from_numpy(pixels).permute(2, 0, 1).float() / 255


def _map(values: np.ndarray, mask: np.ndarray) -> Tensor:
    """(S, S, 3) float32 -> (3, S, S), 0 outside the face, as the generator was trained."""
    return torch.from_numpy(np.where(mask[..., None], values, 0).astype(np.float32)).permute(2, 0, 1)


def _noise(generator: Generator, record: Record) -> Tensor:
    seed = int(np.random.SeedSequence((record.seed, record.index)).generate_state(1, np.uint64)[0] >> 1)
    render = _image(record.rgb)[None]
    return draw_noise(render, generator.config.noise_channels, torch.Generator().manual_seed(seed))
