"""The preservation table's rows: renders, generators' translations and other programs' images of them, other scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from recon.configuration import read_config
from recon.errors import UserError
from recon.files import image_files
from recon.photos.reading import read_photo
from recon.progress import tracked
from recon.synthesis.config import SceneConfig
from recon.synthesis.record import Record
from synth2real.dataset.translate import translate_images
from synth2real.gan.generator import Generator

RENDERS, PHOTOS = "renders", "photos"
BATCH = 16


def rows_of(
    records: Sequence[Record], generators: Mapping[str, Generator], folders: Mapping[str, Path]
) -> dict[str, np.ndarray]:
    """name -> (N, S, S, 3) uint8 in the records' order: "renders", then each generator's and each folder's images.

    Raises:
        UserError: a folder lacks a record's image, or has it at another size.
    """
    rows = {RENDERS: np.stack([record.rgb for record in records])}
    rows |= {name: read_row(folder, records) for name, folder in folders.items()}  # read first: it may be refused
    for name, generator in generators.items():
        batches = [records[start : start + BATCH] for start in range(0, len(records), BATCH)]
        rows[name] = np.concatenate([translate_images(batch, generator) for batch in tracked(batches, name)])
    return {name: rows[name] for name in (RENDERS, *generators, *folders)}


def read_row(folder: Path, records: Sequence[Record]) -> np.ndarray:
    """The images of a folder, each found by its record's index: the number that its name ends with (`000012.png`)."""
    files: dict[int, Path] = {}
    for file in image_files(folder):
        digits = file.stem[len(file.stem.rstrip("0123456789")) :]
        if digits:
            files.setdefault(int(digits), file)
    images = []
    for record in records:
        if record.index not in files:
            raise UserError(f"{folder} has no image of render {record.index}: name them as out/renders does")
        image = np.asarray(read_photo(files[record.index]))
        if image.shape != record.rgb.shape:
            size = "x".join(map(str, image.shape[1::-1]))
            raise UserError(f"{files[record.index]} is {size} px, the renders are {len(record.rgb)}: make it alike")
        images.append(image)
    return np.stack(images)


def named_folders(words: Sequence[str]) -> dict[str, Path]:
    """NAME=DIR words of --images -> name -> folder.

    Raises:
        UserError: a word is none, a name is given twice or taken, or a folder is missing.
    """
    folders = _named(words, "--images", "FOLDER")
    for name, place in folders.items():
        if not place.is_dir():
            raise UserError(f"--images {name}={place}: there is no folder {place}: check the path")
    return folders


def named_scenes(words: Sequence[str]) -> dict[str, SceneConfig]:
    """NAME=FILE words of --beside -> name -> what is drawn.

    Raises:
        UserError: a word is none, a name is given twice or taken, or a file is missing or no scene.
    """
    return {name: read_config(SceneConfig, file) for name, file in _named(words, "--beside", "SCENE.yaml").items()}


def _named(words: Sequence[str], option: str, place: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for word in words:
        name, equals, given = word.partition("=")
        if not (name and equals and given) or name in found or name in (RENDERS, PHOTOS):
            raise UserError(f"{option} {word}: give NAME={place}, each name once, and not {RENDERS} or {PHOTOS}")
        found[name] = Path(given)
    return found
