"""The preservation table: how real each row's images look, beside what they kept of the renders.

Realism alone is cheap (paint any face), preservation alone too (change nothing): a figure of one is worth little
without the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recon.evaluate.results import Figure, Measure, Result, figures_of
from recon.synthesis.record import Record
from synth2real.dataset.judges import Judge
from synth2real.evaluate.kernel_distance import WITHOUT, Features, kernel_distance
from synth2real.evaluate.mouths import CLOSED, OPEN, RAISED, opened, raised, share_figure
from synth2real.evaluate.nearest import nearest_photo
from synth2real.evaluate.preservation import drifts, face_shapes, skin_tone_deg, spread
from synth2real.evaluate.realism import accuracies
from synth2real.evaluate.rows import PHOTOS, RENDERS
from synth2real.gan.parser_loss import has_parser

BESIDE = "Rows without a judge's figure are other scenes, of the same seeds: nothing translated them."
VIEWS = {"whole": "told from photos, whole image", "inner": "inner face"}
NEAREST = {"nearest": Measure("nearest photo, 1 as photos")}
TOLD = {
    "drift_px": Measure("drift", "px"),
    "landmark_drift_px": Measure("landmarks", "px"),
    "drift_mm": Measure("drift", "mm"),
    "mask_iou": Measure("mask IoU"),
}


@dataclass(frozen=True)
class Preservation:
    """result: the table. realism, drift_px: row -> the two figures of the plot, less of each being better."""

    result: Result
    realism: Mapping[str, float]
    drift_px: Mapping[str, float]


def preservation(
    rows: Mapping[str, np.ndarray],
    beside: Mapping[str, np.ndarray],
    records: Sequence[Record],
    photos: np.ndarray,
    judges: Sequence[Judge],
    features: Features | None,
    settings: Mapping[str, Any],
    weights: Mapping[str, str],
    judged: Sequence[str],
) -> Preservation:
    """Measure every row.

    Args:
        rows: see `rows_of`; the renders are among them. beside: other scenes' images (K, S, S, 3) uint8, of which it is
            measured how real they look, and no more. photos: (M, S, S, 3) uint8, framed like the renders.
        features: of the kernel distance; None: there is none. judged: a sentence about each judge, for the notes.
        settings, weights: for the result.
    """
    realism, used = accuracies({**rows, **beside}, photos)
    shapes = {name: face_shapes(judges[0], images) for name, images in rows.items()}
    tones = [skin_tone_deg(record.rgb, record.mask) for record in records]
    values: list[dict[str, Any]] = []
    figures: list[Figure] = []
    for name, images in rows.items():
        of_images = [{"row": name, "index": record.index} for record in records]
        for judge in judges:
            for value, told in zip(of_images, drifts(judge, records, images, name), strict=True):
                value |= {f"{judge.letter}_{key}": told[key] for key in TOLD}
        for value, image, record, tone, near in zip(
            of_images, images, records, tones, nearest_photo(images, photos), strict=True
        ):
            value |= {"tone_deg": abs(skin_tone_deg(image, record.mask) - tone), "nearest": float(near)}
        painted = _painted(name, images, records, judges, shapes[name], shapes[RENDERS])
        for figure, hits in painted:
            for value, hit in zip(of_images, hits, strict=True):
                value[figure.name] = float(hit)
        figures += _realism(name, images, photos, realism[name], used, features)
        figures += figures_of(of_images, _measures(judges), name)
        figures += [figure for figure, _ in painted]
        figures.append(_spread(name, shapes[name], shapes[RENDERS]))
        values += of_images
    for name, images in beside.items():
        figures += _realism(name, images, photos, realism[name], used, features)
        figures += figures_of([{"nearest": float(near)} for near in nearest_photo(images, photos)], NEAREST, name)
    figures += _realism(PHOTOS, photos[::2], photos[1::2], realism[PHOTOS], used, features)
    result = Result(
        f"Preservation: what translated renders of {photos.shape[1]} px kept",
        "preservation",
        settings,
        tuple(figures),
        (
            *_notes(len(records), len(photos), used),
            *([BESIDE] if beside else []),
            *([] if features else [WITHOUT]),
            *judged,
        ),
        weights,
        values,
    )
    of_judges = [f"{judge.letter}_drift_px" for judge in judges]
    worst = {
        name: float(max(np.nanmean([value[key] for value in values if value["row"] == name]) for key in of_judges))
        for name in rows
    }
    return Preservation(result, {name: realism[name]["inner"] for name in (*rows, PHOTOS)}, worst)


def _realism(
    name: str, images: np.ndarray, photos: np.ndarray, told: Mapping[str, float], used: int, features: Features | None
) -> list[Figure]:
    figures = [Figure(view, label, "", told[view], used, group=name) for view, label in VIEWS.items()]
    if features is not None:
        distance = 1000 * kernel_distance(features(images), features(photos))
        figures.append(Figure("kernel", "kernel distance", "1/1000", distance, len(images), group=name))
    return figures


def _painted(
    name: str,
    images: np.ndarray,
    records: Sequence[Record],
    judges: Sequence[Judge],
    shapes: np.ndarray,
    originals: np.ndarray,
) -> list[tuple[Figure, np.ndarray]]:
    """Mouths that were opened, by each judge that has a parser, and corners that were raised: figure, (N,) values."""
    found: list[tuple[str, str, np.ndarray]] = []
    for judge in judges:
        if has_parser(judge.network):
            hits = opened(judge.network, records, images)
            found.append((f"{judge.letter}_opened", f"judge {judge.letter}, closed mouths opened", hits))
    found.append(("raised", "corners of unsmiling mouths raised", raised(records, shapes, originals)))
    figures = [(share_figure(key, label, hits, name), hits) for key, label, hits in found]
    return [(figure, hits) for figure, hits in figures if figure is not None]


def _measures(judges: Sequence[Judge]) -> dict[str, Measure]:
    told = {
        f"{judge.letter}_{key}": Measure(f"judge {judge.letter}, {measure.label}", measure.unit)
        for judge in judges
        for key, measure in TOLD.items()
    }
    return {**NEAREST, **told, "tone_deg": Measure("skin tone moved", "deg")}


def _spread(name: str, shapes: np.ndarray, originals: np.ndarray) -> Figure:
    value, low, high = spread(shapes, originals)
    ends = (low, high) if np.isfinite(low) else (None, None)
    return Figure("spread", "faces' spread", "% of the renders'", value, len(shapes), *ends, group=name)


def _notes(renders: int, photos: int, used: int) -> tuple[str, ...]:
    return (
        f"{renders} renders and {photos} photos. Told from photos: test accuracy of a classifier, .5 is chance, of "
        f"{used} images of each kind, half to learn, half to test; the row of photos is photos against other photos.",
        "Nearest photo: distance of the inner face to the nearest of the photos, over a photo's to the nearest other.",
        "Judges: way of the face's points and of the landmarks between render and image, looked up by correspondence; "
        "length of the position's change; overlap of the masks. Of the renders themselves it is none.",
        f"Closed mouths opened: renders whose labels show teeth and the mouth's inside on at most {100 * CLOSED:g} % "
        f"of the face, in whose image a judge's parser, where it has one, sees more than {100 * OPEN:g} %. Corners "
        "raised: faces that do not smile, in whose image the mouth's corners lie higher by more than "
        f"{100 * RAISED:g} % of its width, as judge a sees them. The row of the renders is what the judges see where "
        "nothing changed.",
        "Skin tone: change of the individual typology angle of the face's median colour. Faces' spread: distance of "
        "each face's landmarks from the mean face's, as judge a sees them; below 100 % faces have drawn together.",
    )
