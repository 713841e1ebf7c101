"""The protocol on what drawn faces look like beside photos, place by place: tone, redness and fine contrast.

A classifier tells that drawn faces differ from photos; this tells where. A network says of each pixel which place of
the face it shows and what its parser sees there, of photos and drawn faces alike, so that its faults are in both. Each
place is compared with the skin of the same image: exposure, white balance and skin tone do not count.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np

from recon.configuration import read_config, to_plain
from recon.detail.intensity import LUMINANCE
from recon.errors import UserError
from recon.evaluate import held_out
from recon.evaluate.metrics.missed import MASK_THRESHOLD
from recon.evaluate.networks import digests, open_network, predict_images
from recon.evaluate.person_settings import AppearanceSettings as Settings
from recon.evaluate.results import Figure, Measure, Result, figures_of
from recon.faces import load
from recon.faces.parsing import CLASSES
from recon.methods.base import Reconstructor
from recon.photos.folder import load_photos
from recon.progress import tracked
from recon.synthesis.scene import SceneConfig

GAMMA, DARKEST = 2.2, 2e-3  # linear light
FINE_PX = 1.5  # at 256 px: what a blur by so much takes away is fine
FEWEST_PX, FEWEST_SKIN_PX = 12, 1500  # of a place and of the skin at 256 px, of which an image tells
LIDS_MM, NOSE_MM, CHEEK_MM, FOLD_MM, CHIN_MM = 12.0, 9.0, 15.0, 6.0, 10.0  # about the landmarks
FOLD_ASIDE_MM, OVER_BROWS_MM = 8.0, 19.0  # of the line from nose to mouth; of the landmarks of the brows
BRIGHTEST = 95  # per cent: the whites of the eyes are what is brightest of them
MEASURES = {
    "tone": Measure("tone, log"),
    "redness": Measure("redness, log"),
    "fine": Measure("fine contrast", "%"),
    "share": Measure("share of the face", "%"),
}
SKIN, BROWS, LIPS, EYES, TEETH = (CLASSES.index(name) for name in ("skin", "brows", "lips", "eyes", "teeth"))
WHITES = "whites of the eyes"
SEEN = {"brows": BROWS, "eyes": EYES, WHITES: EYES, "lips": LIPS, "teeth": TEETH}
"""Name of a place -> the parser's class that it is; the others are parts of the skin (`parts_of`)."""


def run(settings: Settings) -> Result:
    """Look at the photos and at as many drawn faces."""
    network, scene = open_network(settings.network, False), read_config(SceneConfig, settings.scene)
    photos = load_photos(settings.photos, settings.size, limit=settings.count).images
    records = held_out.drawn_records(load("default"), settings.count, settings.size, settings.seed, scene)
    drawn = np.stack([record.rgb for record in tracked(records, "faces", settings.count)])
    found = {"photos": looks(network, photos), "drawn": looks(network, drawn)}
    if not all(found.values()):
        raise UserError(f"no face is seen well in the {len(photos)} photos or in the {len(drawn)} drawn faces")
    figures: list[Figure] = []
    for place in found["photos"][0]:
        for name, measure in MEASURES.items():
            for kind, seen in found.items():
                label = Measure(f"{measure.label}: {kind}", measure.unit)
                if any(name in one[place] for one in seen):
                    column = f"{name}, {kind}"
                    figures += figures_of([{column: one[place][name]} for one in seen], {column: label}, place)
    return Result(
        title="Drawn faces beside photos, place by place",
        protocol="appearance",
        settings=to_plain(settings),
        figures=tuple(figures),
        notes=(
            f"{len(found['photos'])} photos and {len(found['drawn'])} drawn faces of {settings.size} px, seen by the"
            " same network. Tone and redness (red over green) are logarithms of linear light over the same image's"
            " skin, fine contrast what a blur takes away, over the skin's level.",
            "Whites of the eyes: the brightest twentieth of what is eye. A place counts in the images that show it.",
        ),
        weights=digests(settings.network),
    )


def looks(network: Reconstructor, images: np.ndarray, batch_size: int = 16) -> list[dict[str, dict[str, float]]]:
    """{place: {measure: value}} of each image (N, S, S, 3) uint8 that shows enough skin; NaN where it lacks a place."""
    found = []
    for start in tracked(range(0, len(images), batch_size), "batches"):
        batch = images[start : start + batch_size]
        maps = predict_images(network, batch).maps
        if maps is None or maps.classes is None:
            raise UserError("the network has no parser: give weights of one that has, or none for the bundled one")
        masks = (maps.mask[:, 0] >= MASK_THRESHOLD).cpu().numpy()
        places = maps.correspondence.permute(0, 2, 3, 1).float().cpu().numpy()
        for each in zip(batch, masks, places, maps.classes.argmax(1).cpu().numpy(), strict=True):
            found += look_of(*each)
    return found


def look_of(image: np.ndarray, mask: np.ndarray, place: np.ndarray, seen: np.ndarray) -> list[dict[str, Any]]:
    """One image's, (S, S, 3) uint8, or none where it shows too little skin. mask: (S, S) bool; place: (S, S, 3) on the
    canonical face; seen: (S, S) of CLASSES."""
    scale = len(image) / 256
    skin = mask & (seen == SKIN)
    if skin.sum() < FEWEST_SKIN_PX * scale**2:
        return []
    linear = np.maximum((image / 255.0) ** GAMMA, DARKEST)
    tone = np.log(linear @ LUMINANCE)
    red = np.log(linear[..., 0] / linear[..., 1])
    level = (image / 255.0).mean(-1)
    fine = np.abs(level - cv2.GaussianBlur(level, (0, 0), FINE_PX * scale)) / level[skin].mean()
    places = {name: skin & part for name, part in parts_of(place).items()}
    places |= {name: mask & (seen == kind) for name, kind in SEEN.items()}
    about = {}
    for name, where in places.items():
        told = where.sum() >= FEWEST_PX * scale**2
        if name == WHITES and told:
            where = where & (tone >= np.percentile(tone[where], BRIGHTEST))
        values = {
            "tone": tone[where].mean() - np.median(tone[skin]) if told else np.nan,
            "redness": red[where].mean() - np.median(red[skin]) if told else np.nan,
            "fine": 100 * fine[where].mean() if told else np.nan,
        }
        if name in SEEN and name != WHITES:
            values["share"] = 100 * where.sum() / mask.sum()
        about[name] = {key: float(value) for key, value in values.items()}
    return [about]


def parts_of(place: np.ndarray) -> dict[str, np.ndarray]:
    """Name -> (S, S) bool: which places (S, S, 3) of the canonical face lie in a part of the face, on either side."""
    marks, low, high = template()
    mm = place * (high - low) + low
    mm[..., 0] = -np.abs(mm[..., 0])  # onto the side of the landmarks 36 to 41
    eye, aside = marks[36:42], np.array([FOLD_ASIDE_MM, 0.0, 0.0])
    lids = np.minimum.reduce([off(mm, a, b) for a, b in zip(eye, np.roll(eye, -1, 0), strict=True)]) < LIDS_MM
    above = mm[..., 1] > eye[:, 1].mean()
    cheek = marks[[36, 48]].mean(0)
    return {
        "forehead": (mm[..., 1] > marks[17:22, 1].max() + OVER_BROWS_MM) & (mm[..., 2] > 0),
        "upper lids": lids & above,
        "lower lids": lids & ~above,
        "nose": off(mm, marks[27], marks[30]) < NOSE_MM,
        "cheeks": off(mm, cheek, cheek) < CHEEK_MM,
        "folds of smiles": off(mm, marks[31] - aside, marks[48] - aside) < FOLD_MM,
        "chin": off(mm, marks[57], marks[8]) < CHIN_MM,
    }


def off(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(...) distances of points (..., 3) to a segment."""
    way = end - start
    along = np.clip(((points - start) @ way) / max(float(way @ way), 1e-9), 0, 1)
    return np.linalg.norm(points - start - along[..., None] * way, axis=-1)


@cache
def template() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The landmarks (68, 3) of the canonical face in mm, and the corners of its box."""
    model = load("default")
    low, high = (corner.numpy() for corner in model.canonical_box_mm)
    return model.canonical[model.landmarks].numpy() * (high - low) + low, low, high
