"""Generators side by side on held-out renders: results and a sheet in a folder. The Python API of `evaluate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recon.errors import UserError
from recon.evaluate.held_out import drawn_records
from recon.evaluate.networks import digests
from recon.evaluate.results import Result
from recon.faces import load
from recon.files import refuse_unwritable, whole_file
from recon.methods.base import Reconstructor
from recon.photos.folder import load_photos
from recon.progress import tracked
from recon.synthesis.config import SceneConfig
from recon.synthesis.record import Record
from synth2real.dataset.judges import independence_of
from synth2real.dataset.sheets import correspondence_colours
from synth2real.dataset.translate import check_size
from synth2real.evaluate.assessment import geometry, realism, translated_records
from synth2real.gan.generator import Generator

SHOWN = 8
FEWEST_PHOTOS = 16  # two halves of eight, for the photos against themselves


def compare_generators(
    files: Sequence[Path],
    photos: Path,
    out: Path,
    scene: SceneConfig,
    *,
    judge: Path | None,
    count: int,
    size: int,
    seed: int,
    settings: Mapping[str, Any],
) -> list[Result]:
    """Write generator_realism.json, with a judge generator_geometry.json, and sheet.png to `out`.

    Args:
        files: weights of the generators. photos: folder of ready crops. scene: what is drawn.
        judge: weights of a reconstructor, best one that no generator was held to; None: nothing is said of geometry.
        count, size, seed: of the held-out renders. settings: what was asked for, for the results.
    Raises:
        UserError: a file can't be read, there are too few photos, or two files have one name.
    """
    named = [*files, judge] if judge else list(files)
    if len({file.name for file in named}) < len(named):
        raise UserError("two of the files of weights have the same name: rename one, results tell them apart by it")
    generators = {file.stem: Generator.from_pretrained(file) for file in files}
    for generator in generators.values():
        check_size(size, generator)
    eye = Reconstructor.from_pretrained(judge) if judge else None
    real = load_photos(photos, size, "none").images
    if len(real) < FEWEST_PHOTOS:
        raise UserError(f"only {len(real)} photos in {photos}: give at least {FEWEST_PHOTOS}")
    refuse_unwritable(out)

    model = load("default")
    records = list(tracked(drawn_records(model, count, size, seed, scene), "renders", count))
    translations = {
        name: translated_records(records, one) for name, one in tracked(generators.items(), "generators", len(files))
    }
    with whole_file(out / "sheet.png") as file:
        write_sheet(file, records[:SHOWN], [moved[:SHOWN] for moved in translations.values()])
    weights = digests(*files)
    results = {"generator_realism": realism(records, translations, real, settings, weights)}
    if eye is not None:
        box_mm, (judged,) = model.canonical_box_mm.numpy(), digests(judge).values()
        told = independence_of(judged, {name: one.card for name, one in generators.items()})
        weights |= digests(judge)
        results["generator_geometry"] = geometry(eye, records, translations, box_mm, settings, weights, told)
    for name, result in results.items():
        result.write(out, name, command_of(settings))
    return list(results.values())


def command_of(settings: Mapping[str, Any]) -> list[str]:
    """The words of the command line that gives these settings."""
    words = ["synth2real", "evaluate"]
    for name, value in settings.items():
        given = () if value is None else value if isinstance(value, tuple) else (value,)
        words += [f"--{name}", *map(str, given)] if given else []
    return words


def write_sheet(file: Path, records: list[Record], translations: list[list[Record]]) -> None:
    """Rows: renders, their correspondence, then each generator's images of the same renders."""
    rows = [[record.rgb for record in records], [correspondence_colours(record) for record in records]]
    rows += [[record.rgb for record in moved] for moved in translations]
    Image.fromarray(np.concatenate([np.concatenate(row, axis=1) for row in rows])).save(file, format="PNG")
