"""The protocol on finding: is the face of a photo found where known points say, also when the photo is turned?

Nothing is told to the finder, as in `recon reconstruct`. What it finds is read at the five points: pupils (middles of
the eye openings), the nose's tip, the mouth's corners. One photo is one person. Corners of the photos, where no face
is, are looked at as photos of their own: what is found there is wrong.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recon.configuration import to_plain
from recon.errors import UserError
from recon.evaluate.metrics.points import offsets_percent
from recon.evaluate.networks import digests, open_network
from recon.evaluate.results import Measure, Result, figures_of
from recon.evaluate.settings import FindingSettings as Settings
from recon.faces import load
from recon.faces.model import FaceModel
from recon.fitting.photo_fit import POINTS
from recon.methods.base import Reconstructor
from recon.methods.places import located
from recon.photos.folder import find_images
from recon.photos.points import read_points
from recon.photos.reading import Unusable, read_photo
from recon.progress import tracked
from recon.reconstruction.face_finder import find_faces
from recon.reconstruction.looking import MASK_THRESHOLD, FoundFace

MEASURES = {
    "right": Measure("photos found right", "%"),
    "wrong": Measure("photos found wrong", "%"),
    "error": Measure("error of the points", "% of the eye distance"),
}
FOUND = {"found": Measure("corners taken for a face", "%")}
CLEAR = 0.5  # eye distances from a corner's square to the nearest of the face's points, at least
CORNER_PX = 256


def run(settings: Settings) -> Result:
    """Turn, find, score."""
    network, model = open_network(settings.network, settings.mirrored), load("default")
    table = read_points(settings.points or settings.folder.parent / "faces.csv")
    files = [file for file in find_images(settings.folder) if file.name in table]
    files = files[:: max(1, len(files) // settings.count)][: settings.count]
    if len(files) < 2:
        raise UserError(f"{settings.folder} has {len(files)} photos with points: give a folder with two or more")
    values, figures = [], []
    for turn in settings.turns_deg:
        found = [
            {"photo": file.name, "turn_deg": turn} | score(file, table[file.name], turn, network, model, settings)
            for file in tracked(files, f"photos turned by {turn}")
        ]
        figures += figures_of(found, MEASURES, f"turned by {turn}\N{DEGREE SIGN}")
        values += found
    empty = [
        {
            "photo": file.name,
            "corner": i % 4,
            "found": found_in(corner(read_photo(file), table[file.name], i % 4), network, model),
        }
        for i, file in enumerate(tracked(files[: settings.corners], "corners"))
    ]
    figures += figures_of(empty, FOUND, "corners") if empty else []
    values += empty
    return Result(
        title="Faces found in turned photos" + (", looking twice" if settings.mirrored else ""),
        protocol="finding",
        settings=to_plain(settings),
        figures=tuple(figures),
        notes=(
            f"{len(files)} photos. Right: the nearest face's five points lie within {settings.near_percent:g} % in "
            "the mean; wrong: a face was found elsewhere or turned; else none was found. Error: over those with one.",
            f"Corners: squares in {len(empty)} photos that end half an eye distance before the face's points, at "
            f"{CORNER_PX} px.",
        ),
        weights=digests(settings.network),
        values=values,
    )


def score(
    file: Path, points: np.ndarray, turn: int, network: Reconstructor, model: FaceModel, settings: Settings
) -> dict[str, Any]:
    """The measures of one photo turned by so many degrees, a multiple of 90; points: (5, 2) px of the upright one."""
    photo = read_photo(file)
    turned, true = turned_by(photo, points, turn)
    unit = float(np.linalg.norm(points[1] - points[0]))
    try:
        faces = find_faces(turned, network, model)
    except Unusable as reason:
        return {"right": 0.0, "wrong": 0.0, "error": np.nan, "reason": str(reason)}
    errors = [np.linalg.norm(offsets_percent(five_of(face, model), true, unit), axis=-1).mean() for face in faces]
    error = float(np.nanmin([*errors, np.inf]))
    right = error <= settings.near_percent
    return {"right": 100.0 * right, "wrong": 100.0 * (not right), "error": min(error, 100.0)}


def found_in(photo: Image.Image, network: Reconstructor, model: FaceModel) -> float:
    """100 where a face is found, else 0."""
    try:
        find_faces(photo, network, model)
    except Unusable:
        return 0.0
    return 100.0


def corner(photo: Image.Image, points: np.ndarray, which: int) -> Image.Image:
    """The largest square in a corner of the photo that stays CLEAR of the points (k, 2) px, enlarged to CORNER_PX.
    which: 0 at the top left, 1 right, 2 and 3 at the bottom."""
    wide, high = photo.size
    right, bottom = which % 2 == 1, which >= 2
    away = np.abs(points - [wide * right, high * bottom])
    unit = float(np.linalg.norm(points[1] - points[0]))
    side = max(1, int(min(away.max(1).min() - CLEAR * unit, wide, high)))
    left, top = (wide - side) * right, (high - side) * bottom
    square = photo.crop((left, top, left + side, top + side))
    return square.resize((CORNER_PX, CORNER_PX), Image.Resampling.BICUBIC)


def turned_by(photo: Image.Image, points: np.ndarray, turn: int) -> tuple[Image.Image, np.ndarray]:
    """A photo and its points (k, 2) px turned counter-clockwise by a multiple of 90 degrees."""
    right, down = points[:, 0], points[:, 1]
    wide, high = photo.size
    if turn % 360 == 0:
        return photo, points
    if turn % 360 == 90:
        return photo.transpose(Image.Transpose.ROTATE_90), np.column_stack([down, wide - right])
    if turn % 360 == 180:
        return photo.transpose(Image.Transpose.ROTATE_180), np.column_stack([wide - right, high - down])
    return photo.transpose(Image.Transpose.ROTATE_270), np.column_stack([high - down, right])


def five_of(face: FoundFace, model: FaceModel) -> np.ndarray:
    """(5, 2) px of the photo: where a found face's own maps put the five points, its left in the image first."""
    goals = model.canonical[model.landmarks].numpy()
    size_mm = (model.canonical_box_mm[1] - model.canonical_box_mm[0]).numpy()
    crop = located(np.moveaxis(face.correspondence, -1, 0), face.mask > MASK_THRESHOLD, goals, size_mm)
    places = face.framing.to_photo(len(face.mask))(crop)
    return np.stack([places[list(group)].mean(0) for group in POINTS])
