"""The protocol on renders: a reconstructor against records with exact labels, of any face model and at any size.

Scored on the ground-truth face pixels; missed ones are charged (`missed.py`). One record is one drawn person, so
intervals over images are over people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import torch

from recon.evaluate.metrics.correspondence import correspondence_errors
from recon.evaluate.metrics.depth import depth_errors
from recon.evaluate.metrics.mask import coverage, mask_iou
from recon.evaluate.metrics.missed import MASK_THRESHOLD
from recon.evaluate.metrics.normals import normal_angle_deg
from recon.evaluate.report import Report, summary_rows
from recon.faces.model import FaceModel
from recon.methods.base import FaceGeometry, Reconstructor
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

MEASURES = {
    "depth_mean": "depth error, mean (% of the range)",
    "depth_std": "depth error, std (%)",
    "depth_median": "depth error, median (%)",
    "depth_p90": "depth error, 90 % (%)",
    "depth_mean_mm": "depth error, mean (mm)",
    "correspondence_median_mm": "correspondence, median (mm)",
    "correspondence_mean_mm": "correspondence, mean (mm)",
    "correspondence_p90_mm": "correspondence, 90 % (mm)",
    "normal_deg": "normal angle (deg)",
    "mask_iou": "mask IoU",
    "coverage": "coverage",
}
SMALLEST_FACE_PX = 64  # a record that shows fewer face pixels is left out, and counted


def drawn_records(
    model: FaceModel, count: int, size: int, seed: int, config: SceneConfig | None = None
) -> Iterator[Record]:
    """Records 0 to count - 1 of the dataset `seed`, drawn and rendered as they are asked for."""
    for index in range(count):
        yield render_record(model, draw_scene(model, seed, index, config or SceneConfig()), size)


def evaluate_records(
    network: Reconstructor,
    records: Iterable[Record],
    canonical_box_mm: np.ndarray,
    title: str = "Renders",
    batch_size: int = 16,
) -> Report:
    """The network's errors on `records` (at least 500 for a figure that is quoted), seen once, in batches.

    Args:
        records: all of one size; the images go to the network as they are.
        canonical_box_mm: (2, 3) of the default model, whatever model the records were drawn from.
    """
    per_image: list[dict[str, Any]] = []
    left_out, size = 0, 0
    for batch in _batches(records, batch_size):
        geometry = predict_images(network, np.stack([record.rgb for record in batch]))
        for i, record in enumerate(batch):
            size = record.rgb.shape[0]
            if record.mask.sum() < SMALLEST_FACE_PX:
                left_out += 1
                continue
            per_image.append(
                {"seed": record.seed, "index": record.index, **score_record(geometry, i, record, canonical_box_mm)}
            )
    notes = (
        f"n = {len(per_image)} renders of {size} px; {left_out} left out (under {SMALLEST_FACE_PX} face pixels).",
        "Depth after RANSAC scale and shift along depth; on ground-truth face pixels, a missed pixel charged the "
        "image's 90th percentile; each measure is taken per image, then averaged; intervals over images by bootstrap.",
    )
    columns = ("measure", "mean over images", "95 % interval", "median over images")
    return Report(title, columns, summary_rows(per_image, MEASURES), notes, per_image)


def score_record(geometry: FaceGeometry, i: int, record: Record, canonical_box_mm: np.ndarray) -> dict[str, float]:
    """The measures of MEASURES for image i of the batch that `geometry` answers."""
    position = geometry.position_mm[i].float().cpu().numpy()
    correspondence = geometry.correspondence[i].float().cpu().numpy()
    found = geometry.mask[i, 0].float().cpu().numpy() >= MASK_THRESHOLD
    pixels = record.mask
    covered = found[pixels]
    depth = depth_errors(position[2][pixels], record.depth_mm[pixels], covered, seed=record.index)
    places = correspondence_errors(
        correspondence[:, pixels].T, record.correspondence[pixels], covered, canonical_box_mm
    )
    if geometry.ambiguity == "affine":  # depth's own scale is unknown: normals are only told after the fit
        position = np.concatenate([position[:2], depth.scale * position[2:]])
    return {
        "depth_mean": depth.mean,
        "depth_std": depth.std,
        "depth_median": depth.median,
        "depth_p90": depth.p90,
        "depth_mean_mm": depth.mean_mm,
        "correspondence_mean_mm": places.mean_mm,
        "correspondence_median_mm": places.median_mm,
        "correspondence_p90_mm": places.p90_mm,
        "normal_deg": normal_angle_deg(position, found, record.normals, pixels),
        "mask_iou": mask_iou(found, pixels),
        "coverage": coverage(found, pixels),
    }


@torch.no_grad()
def predict_images(network: Reconstructor, images: np.ndarray) -> FaceGeometry:
    """images (B, H, W, 3) uint8 RGB -> FaceGeometry, on the device of the network's weights and in evaluation mode."""
    weight = next(network.parameters(), torch.zeros(()))
    training = network.training
    network.eval()
    try:
        batch = torch.as_tensor(images).permute(0, 3, 1, 2).to(weight.device, torch.float32) / 255
        return network.predict(batch)
    finally:
        network.train(training)


def _batches(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    records = iter(records)
    while batch := list(islice(records, size)):
        yield batch
