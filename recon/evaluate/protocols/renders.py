"""The protocol on renders: a reconstructor against records with exact labels, of any face model and at any size.

Scored on the ground-truth face pixels; missed ones are charged (`missed.py`). One record is one drawn person, so
intervals over images are over people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from recon.configuration import read_config, to_plain
from recon.errors import UserError
from recon.evaluate import held_out
from recon.evaluate.metrics.correspondence import correspondence_errors
from recon.evaluate.metrics.depth import depth_errors
from recon.evaluate.metrics.mask import coverage, mask_iou
from recon.evaluate.metrics.missed import MASK_THRESHOLD
from recon.evaluate.metrics.normals import normal_angle_deg
from recon.evaluate.metrics.yaw import yaw_error_deg
from recon.evaluate.networks import digests, open_network, predict_images
from recon.evaluate.results import Measure, Result, figures_of
from recon.evaluate.settings import RendersSettings as Settings
from recon.faces import load
from recon.methods.base import FaceGeometry, Reconstructor
from recon.progress import tracked
from recon.synthesis.record import Record
from recon.synthesis.scene import SceneConfig

MEASURES = {
    "depth_mean": Measure("depth error, mean", "% of the range"),
    "depth_std": Measure("depth error, std", "%"),
    "depth_median": Measure("depth error, median", "%"),
    "depth_p90": Measure("depth error, 90 %", "%"),
    "depth_mean_mm": Measure("depth error, mean", "mm"),
    "correspondence_median_mm": Measure("correspondence, median", "mm"),
    "correspondence_mean_mm": Measure("correspondence, mean", "mm"),
    "correspondence_p90_mm": Measure("correspondence, 90 %", "mm"),
    "normal_deg": Measure("normal angle", "deg"),
    "yaw_deg": Measure("head's yaw, error", "deg"),
    "mask_iou": Measure("mask IoU"),
    "coverage": Measure("coverage"),
}
SMALLEST_FACE_PX = 64  # a record that shows fewer face pixels is left out, and counted
SMALLEST_SIZE = 32


def run(settings: Settings) -> Result:
    """Draw, render, predict, score."""
    if settings.count < 1 or settings.size < SMALLEST_SIZE:
        raise UserError(f"--count must be 1 or more, --size {SMALLEST_SIZE} or more: give greater numbers")
    network = open_network(settings.network, settings.mirrored)
    scene, model = read_config(SceneConfig, settings.scene), load(settings.model)
    records = held_out.drawn_records(model, settings.count, settings.size, settings.seed, scene)
    shown = tracked(records, "renders", settings.count)
    values = score_records(network, shown, load("default").canonical_box_mm.numpy())
    left_out = settings.count - len(values)
    what = "as they come" if settings.scene is None else settings.scene.stem
    return Result(
        title=f"Held-out renders of the {model.name} model, {what}" + (", looking twice" if settings.mirrored else ""),
        protocol="renders",
        settings=to_plain(settings),
        figures=figures_of(values, MEASURES),
        notes=(
            f"{len(values)} renders of {settings.size} px; {left_out} left out (under {SMALLEST_FACE_PX} face pixels).",
            "Depth after RANSAC scale and shift along depth; on ground-truth face pixels, a missed pixel charged the "
            "image's 90th percentile; each measure is taken per image, then averaged; intervals over images.",
        ),
        weights=digests(settings.network),
        values=values,
    )


def score_records(
    network: Reconstructor, records: Iterable[Record], canonical_box_mm: np.ndarray, batch_size: int = 16
) -> list[dict[str, Any]]:
    """Seed, index and the measures of MEASURES of each record that shows a face, seen once, in batches.

    Args:
        records: all of one size; the images go to the network as they are.
        canonical_box_mm: (2, 3) of the default model, whatever model the records were drawn from.
    """
    values: list[dict[str, Any]] = []
    for batch in _batches(records, batch_size):
        geometry = predict_images(network, np.stack([record.rgb for record in batch]))
        for i, record in enumerate(batch):
            if record.mask.sum() >= SMALLEST_FACE_PX:
                scores = score_record(geometry, i, record, canonical_box_mm)
                values.append({"seed": record.seed, "index": record.index, **scores})
    return values


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
        "yaw_deg": yaw_error_deg(position, correspondence, found, record, canonical_box_mm),
        "mask_iou": mask_iou(found, pixels),
        "coverage": coverage(found, pixels),
    }


def _batches(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    records = iter(records)
    while batch := list(islice(records, size)):
        yield batch
