"""Renders made realistic, each with its measured drift: how far two judges say that its geometry moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recon.errors import UserError
from recon.synthesis.record import Record
from synth2real.dataset.judges import LETTERS, Judge
from synth2real.gan.drift import Drift
from synth2real.gan.generator import Generator, draw_noise

DRAWS = 4  # of the noise, before a scene is given up


@dataclass(frozen=True)
class Translation:
    """One realistic image and how far it strays from the labels of its render.

    image: (S, S, 3) uint8. draw: which draw of the noise it is, 0 the first. told: what each judge says.
    """

    image: np.ndarray
    draw: int
    told: tuple[Drift, ...]

    @property
    def drift_px(self) -> float:
        """The worse of the judges' mean drift; NaN where one of them sees no face."""
        return float(np.max([one.drift_px for one in self.told]))

    @property
    def drift_mm(self) -> float:
        """The same in mm."""
        return float(np.max([one.drift_mm for one in self.told]))

    def within(self, limit_mm: float) -> bool:
        """Whether it drifts no further; not where a judge sees no face (NaN)."""
        return self.drift_mm <= limit_mm


STAYED = Drift(*[0.0] * 5, mask_iou=1.0, region_agreement=1.0)


def as_drawn(record: Record) -> Translation:
    """The render itself as the image: nothing moved."""
    return Translation(record.rgb, 0, (STAYED,) * len(LETTERS))


def translate(
    records: Sequence[Record], generator: Generator, judges: Sequence[Judge], max_drift_mm: float | None = None
) -> list[Translation | None]:
    """Translate a batch of records of one size, and measure the drift of each image as it is written.

    max_drift_mm: an image that drifts further is drawn again from other noise, DRAWS times in all; None in its place
    where none of them does not. Without it all are kept as first drawn.
    """
    found: list[Translation | None] = [None] * len(records)
    left = list(range(len(records)))
    draws = DRAWS if max_drift_mm is not None and generator.config.noise_channels else 1
    for draw in range(draws):
        some = [records[i] for i in left]
        images = translate_images(some, generator, draw)
        told = zip(*(judge.drift(some, images) for judge in judges), strict=True)
        for i, image, words in zip(left, images, told, strict=True):
            made = Translation(image, draw, words)
            if max_drift_mm is None or made.within(max_drift_mm):
                found[i] = made
        left = [i for i in left if found[i] is None]
        if not left:
            break
    return found


@torch.no_grad()
def translate_images(records: Sequence[Record], generator: Generator, draw: int = 0) -> np.ndarray:
    """Records of one size -> (B, S, S, 3) uint8. The noise of each depends on its (seed, index) and `draw` alone."""
    render = torch.stack([_image(record.rgb) for record in records])
    correspondence = torch.stack([_map(record.correspondence, record.mask) for record in records])
    normals = torch.stack([_map(record.normals, record.mask) for record in records])
    mask = torch.from_numpy(np.stack([record.mask for record in records]))[:, None].float()
    noise = torch.cat([_noise(generator, record, draw) for record in records])

    device = next(generator.parameters()).device
    given = (one.to(device) for one in (render, correspondence, normals, noise, mask))
    translated = generator(*given).clamp(0, 1)
    if not translated.isfinite().all():
        raise UserError("the generator's image has values that are not numbers: give another --generator")
    return (translated.permute(0, 2, 3, 1) * 255).round().byte().cpu().numpy()


def check_size(size: int, generator: Generator) -> None:
    """Refuse a side that the generator's halvings don't divide."""
    if size % generator.stride:
        raise UserError(f"--size {size} does not fit the generator: choose a multiple of {generator.stride}")


def _image(pixels: np.ndarray) -> Tensor:
    """(S, S, 3) uint8 -> (3, S, S) float in [0, 1]."""
    return torch.from_numpy(pixels).permute(2, 0, 1).float() / 255


def _map(values: np.ndarray, mask: np.ndarray) -> Tensor:
    """(S, S, 3) float32 -> (3, S, S), 0 outside the face, as the generator was trained."""
    kept = np.where(mask[..., None] & np.isfinite(values), values, 0)
    return torch.from_numpy(kept.astype(np.float32)).permute(2, 0, 1)


def _noise(generator: Generator, record: Record, draw: int) -> Tensor:
    words = (record.seed, record.index, draw) if draw else (record.seed, record.index)
    seed = int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0] >> 1)
    render = _image(record.rgb)[None]
    return draw_noise(render, generator.config.noise_channels, torch.Generator().manual_seed(seed))
