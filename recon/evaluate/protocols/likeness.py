"""The protocol on canvases: whether a face drawn into a photo looks, to an embedder, like the person who was there.

Hair, clothes and background are the photo's own, so an embedder that sees them finds the photo again whoever is drawn.
All pictures are therefore framed alike and seen through one window, from the brows to the chin. Two yardsticks stand
beside the figure: the faces beside other people's photos, and two photos of one person, where some are given.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from recon import assets
from recon.configuration import read_config, to_plain
from recon.errors import UserError
from recon.evaluate import held_out
from recon.evaluate.results import Figure, Measure, Result, figures_of, per_person
from recon.evaluate.settings import LikenessSettings as Settings
from recon.faces import load
from recon.methods.embedder.loading import load_embedder
from recon.methods.pretrained import digest, weights_file
from recon.photos.folder import load_photos
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE, frame, from_landmarks
from recon.progress import tracked
from recon.synthesis.canvas import canvas
from recon.synthesis.on_canvas_scene import folder_of
from recon.synthesis.person_tree import PersonTree
from recon.synthesis.record import Record
from recon.synthesis.scene import SceneConfig

SIDE = 128  # px, of the framed pictures
BATCH = 32
FEWEST = 8  # photos
MIDDLE, RADII = 0.55, (0.95, 1.1)  # of the window, in eye distances: below the eyes; across, down
MEAN, CONTRAST = 0.5, 0.2  # of what the window shows
COSINE = "cosine", Measure("cosine of the inner faces")
KINDS = {"own": COSINE, "others": COSINE, "nearest": ("nearest", Measure("its own photo is the nearest", "%"))}


def run(settings: Settings) -> Result:
    """Draw, find each face's photo, embed, compare."""
    embedder, folder = load_embedder(settings.network), folder_of(settings.canvases)
    photos = load_photos(settings.photos, SIDE)
    hashes = [hashlib.sha256((settings.photos / name).read_bytes()).hexdigest() for name in photos.names]
    number = {code: place for place, code in enumerate(hashes)}
    scene = read_config(SceneConfig, assets.config_path("scenes/canvas.yaml"), {"canvas.folder": settings.canvases})
    drawn, own = [], []
    records = held_out.drawn_records(load("default"), settings.count, settings.size, settings.seed, scene)
    for record in tracked(records, "faces", settings.count):
        place = number.get(canvas(folder, json.loads(record.scene)["canvas"]).sha256)
        if place is not None:
            drawn.append(framed(record))
            own.append(place)
    if len(set(own)) < FEWEST:
        raise UserError(
            f"{len(set(own))} of the drawn faces' canvases were made of photos in {settings.photos}, which is too few:"
            " give the photos of the canvases, or raise --count"
        )
    faces, owners = embedded(embedder, np.stack(drawn)), np.array(own)
    shown = np.unique(owners)  # photos
    beside = faces @ embedded(embedder, photos.images[shown]).T
    mine = owners[:, None] == shown
    nearest = beside.argmax(1) == mine.argmax(1)
    others = np.where(mine, np.nan, beside)
    groups = "the face and the photo that it was drawn into", "the face and other people's photos", "faces"
    figures = figures_between(beside[mine], np.nanmean(others, 1), nearest, owners, groups)
    if settings.pairs is not None:
        figures[2:2] = pairs_figures(embedder, settings.pairs)
    return Result(
        title="Likeness of faces on canvases to the people of the photos",
        protocol="likeness",
        settings=to_plain(settings),
        figures=tuple(figures),
        notes=(
            f"{len(faces)} faces in {len(shown)} photos; by chance one in {len(shown)} is nearest to its own. Pictures "
            "framed by the eyes, seen through an ellipse from brows to chin, in grey of one mean and contrast."
            " Intervals are over photos.",
            "The light's direction, blur and head's turn are the photo's, so chance is more than one in so many.",
        ),
        weights={"embedder": digest(weights_file(settings.network))[:16]},
    )


def framed(record: Record) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8: a drawn face as photos are framed."""
    return frame(Image.fromarray(record.rgb), from_landmarks(record.landmarks_px), SIDE)


def window(side: int) -> np.ndarray:
    """(side, side) bool: the inner face of a framed picture."""
    across, down = ((np.arange(side) + 0.5) / side - middle for middle in EYES_MIDDLE)
    x, y = across / (RADII[0] * EYE_SHARE), (down - MIDDLE * EYE_SHARE) / (RADII[1] * EYE_SHARE)
    return x[None] ** 2 + y[:, None] ** 2 < 1


@torch.no_grad()
def embedded(embedder: nn.Module, images: np.ndarray) -> np.ndarray:
    """(N, S, S, 3) uint8 framed -> (N, d) float unit, of what the window shows: grey, of one mean and one contrast, as
    a drawn face has its photo's tone and light."""
    inside = window(images.shape[1])
    grey = images.astype(np.float32).mean(3)
    seen = grey[:, inside]
    seen = MEAN + CONTRAST * (seen - seen.mean(1, keepdims=True)) / seen.std(1, keepdims=True).clip(1)
    even = np.full_like(grey, MEAN)
    even[:, inside] = seen
    batch = torch.from_numpy(even.clip(0, 1))[:, None].expand(-1, 3, -1, -1)
    return np.concatenate([nn.functional.normalize(embedder(part), dim=1).numpy() for part in batch.split(BATCH)])


def pairs_figures(embedder: nn.Module, folder: Path) -> list[Figure]:
    """The yardstick: photos of known people beside another one of theirs, and whether that one is the nearest."""
    tree = PersonTree.at(folder, SIDE)
    cosines = (found := embedded(embedder, tree.images)) @ found.T
    np.fill_diagonal(cosines, np.nan)
    same = tree.who[:, None] == tree.who
    several = (same.sum(1) > 1).nonzero()[0]
    own = np.where(same, cosines, np.nan)[several]
    others = np.where(same, np.nan, cosines)[several]
    nearest = np.nanmax(own, 1) > np.nanmax(others, 1)
    groups = "two photos of one person", "photos of two people", "photos"
    return figures_between(np.nanmean(own, 1), np.nanmean(others, 1), nearest, tree.who[several], groups)


def figures_between(
    own: np.ndarray, others: np.ndarray, nearest: np.ndarray, owners: np.ndarray, groups: tuple[str, str, str]
) -> list[Figure]:
    """Three figures over photos or people, each picture's `owners`: the cosine to its own, to others, whether its own
    is the nearest."""
    rows = zip(owners.tolist(), own, others, 100 * nearest, strict=True)
    values = [dict(zip(("person", *KINDS), row, strict=True)) for row in rows]
    means = per_person(values, KINDS)
    found: list[Figure] = []
    for (kind, (name, measure)), group in zip(KINDS.items(), groups, strict=True):
        found += figures_of([{name: one[kind]} for one in means], {name: measure}, group)
    return found
