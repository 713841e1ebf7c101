"""The protocol on regions: what a network with a parser tells apart, on held-out renders with exact regions."""

from __future__ import annotations

from typing import Any

import numpy as np

from recon.configuration import read_config, to_plain
from recon.errors import UserError
from recon.evaluate import held_out
from recon.evaluate.metrics.mask import mask_iou
from recon.evaluate.networks import digests, open_network, predict_images
from recon.evaluate.results import Measure, Result, figures_of
from recon.evaluate.settings import ParsingSettings as Settings
from recon.faces import load
from recon.faces.parsing import CLASS_OF_REGION, CLASSES
from recon.methods.base import FaceGeometry, Reconstructor
from recon.progress import tracked
from recon.synthesis.record import Record
from recon.synthesis.scene import SceneConfig

MEASURES = {name: Measure(f"{name.replace('_', ' ')}, IoU") for name in CLASSES} | {"right": Measure("pixels right")}
FEWEST_PX = 16  # of a class in an image at 256 px: of fewer an IoU tells of rounding alone


def run(settings: Settings) -> Result:
    """Draw, render, predict, score."""
    network = open_network(settings.network, settings.mirrored)
    scene, model = read_config(SceneConfig, settings.scene), load("default")
    records = held_out.drawn_records(model, settings.count, settings.size, settings.seed, scene)
    values = [score(network, record) for record in tracked(records, "renders", settings.count)]
    what = "as they come" if settings.scene is None else settings.scene.stem
    return Result(
        title=f"Regions of held-out renders, {what}" + (", looking twice" if settings.mirrored else ""),
        protocol="parsing",
        settings=to_plain(settings),
        figures=figures_of(values, MEASURES),
        notes=(
            f"{settings.count} renders of {settings.size} px. A class counts in the images that show at least "
            f"{FEWEST_PX} px of it (as at 256 px), as many as its n says; intervals over images.",
        ),
        weights=digests(settings.network),
        values=values,
    )


def score(network: Reconstructor, record: Record) -> dict[str, Any]:
    """Seed, index, and the IoU of each class in one image: NaN where too little of it is there."""
    told = classes_of(predict_images(network, record.rgb[None]))[0]
    true = CLASS_OF_REGION[record.region]
    fewest = FEWEST_PX * (len(true) / 256) ** 2
    shares = {name: iou(told == code, true == code, fewest) for code, name in enumerate(CLASSES)}
    return {"seed": record.seed, "index": record.index, **shares, "right": float((told == true).mean())}


def iou(told: np.ndarray, true: np.ndarray, fewest: float) -> float:
    """IoU of two (S, S) bool; NaN where `true` holds fewer pixels."""
    return mask_iou(told, true) if true.sum() >= fewest else float("nan")


def classes_of(geometry: FaceGeometry) -> np.ndarray:
    """(B, H, W) int64: the likeliest class of each pixel.

    Raises:
        UserError: the network has no parser.
    """
    if geometry.maps is None or geometry.maps.classes is None:
        raise UserError("this network tells no regions apart: give --network one trained with network.parser true")
    return geometry.maps.classes.argmax(1).cpu().numpy()
