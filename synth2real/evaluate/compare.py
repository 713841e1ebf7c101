"""The preservation table in a folder: result, Markdown, pictures. The Python API of `synth2real evaluate`.

out/generator_preservation.json, .values.json, .md    the table           out/plot.png     appearance against geometry
out/renders/000000.png ...   the renders, for other programs to translate   out/sheet.png    the first eight of each row
"""

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
from recon.photos.folder import load_photos
from recon.photos.framing import FramingMode
from recon.progress import tracked
from recon.synthesis.config import SceneConfig
from recon.synthesis.record import Record
from recon.synthesis.source import only
from synth2real.dataset.judges import introductions, open_judges
from synth2real.dataset.sheets import correspondence_colours
from synth2real.dataset.translate import check_size
from synth2real.evaluate.kernel_distance import Features
from synth2real.evaluate.rows import RENDERS, named_folders, named_scenes, rows_of
from synth2real.evaluate.table import Preservation, preservation
from synth2real.gan.generator import Generator

NAME = "generator_preservation"
SHOWN = 8
FEWEST_PHOTOS = 16  # two halves of eight, for the photos against themselves
NEEDED = ("rgb", "mask", "region", "correspondence", "normals", "landmarks_visible", "expression")


def compare(
    generators: Sequence[Path],
    photos: Path,
    out: Path,
    scene: SceneConfig,
    *,
    judges: Sequence[Path],
    images: Sequence[str] = (),
    beside: Sequence[str] = (),
    features: Path | None = None,
    framing: FramingMode = "none",
    count: int,
    size: int,
    seed: int,
    settings: Mapping[str, Any],
) -> Result:
    """Write the preservation table to `out`.

    Args:
        generators: files of weights. photos: folder of photos. scene: what is drawn.
        judges: two files of reconstructors, best ones that no generator was held to.
        images: NAME=DIR, other programs' images of the renders in `out/renders`, of the same names.
        beside: NAME=SCENE.yaml, other scenes to draw from the same seeds, for how real they look.
        features: TorchScript file of the kernel distance's network. count, size, seed: of the held-out renders.
        framing: of the photos, as `load_photos` has it. settings: what was asked for, for the result.
    Raises:
        UserError: a file can't be read, there are too few photos, or two rows have one name.
    """
    refuse_same_names([*generators, *judges])
    networks = {file.stem: Generator.from_pretrained(file) for file in generators}
    folders, scenes = named_folders(images), named_scenes(beside)
    for generator in networks.values():
        check_size(size, generator)
    names = [*networks, *folders, *scenes, RENDERS]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UserError(f"two rows have the name {twice[0]}: rename one")
    eyes, extractor = open_judges(judges), Features(features) if features else None
    real = load_photos(photos, size, framing).images
    if len(real) < FEWEST_PHOTOS:
        raise UserError(f"only {len(real)} photos in {photos}: give at least {FEWEST_PHOTOS}")
    refuse_unwritable(out)

    records = drawn(scene, RENDERS, NEEDED, count, size, seed)
    others = {
        name: np.stack([record.rgb for record in drawn(other, name, ("rgb",), count, size, seed)])
        for name, other in scenes.items()
    }
    write_renders(out / "renders", records)
    rows = rows_of(records, networks, folders)
    with whole_file(out / "sheet.png") as file:
        write_sheet(file, records[:SHOWN], [row[:SHOWN] for row in rows.values()])
    judged = introductions(judges, {name: generator.card for name, generator in networks.items()})
    weights = digests(*generators, *judges, *([features] if features else []))
    found = preservation(rows, others, records, real, eyes, extractor, settings, weights, judged)
    found.result.write(out, NAME, command_of(settings))
    with whole_file(out / f"{NAME}.md") as file:
        file.write_text(found.result.markdown())
    with whole_file(out / "plot.png") as file:
        write_plot(file, found)
    return found.result


def drawn(scene: SceneConfig, name: str, needed: tuple[str, ...], count: int, size: int, seed: int) -> list[Record]:
    """The held-out records of a row, with the fields that are needed."""
    records = drawn_records(load("default"), count, size, seed, scene)
    return [only(record, needed) for record in tracked(records, name, count)]


def refuse_same_names(files: Sequence[Path]) -> None:
    """Raise a UserError where two files have one name."""
    if len({file.name for file in files}) < len(files):
        raise UserError("two of the files of weights have the same name: rename one, results tell them apart by it")


def command_of(settings: Mapping[str, Any]) -> list[str]:
    """The words of the command line that gives these settings."""
    words = ["synth2real", "evaluate"]
    for name, value in settings.items():
        given = () if value is None else value if isinstance(value, tuple) else (value,)
        words += [f"--{name}", *map(str, given)] if given else []
    return words


def write_renders(folder: Path, records: Sequence[Record]) -> None:
    """`folder/000012.png` for the record of index 12, and so on."""
    for record in records:
        with whole_file(folder / f"{record.index:06d}.png") as file:
            Image.fromarray(record.rgb).save(file, format="PNG")


def write_sheet(file: Path, records: Sequence[Record], rows: Sequence[np.ndarray]) -> None:
    """Lines: the renders' correspondence, then each row's images of the same renders."""
    lines = [[correspondence_colours(record) for record in records], *rows]
    Image.fromarray(np.concatenate([np.concatenate(list(line), axis=1) for line in lines])).save(file, format="PNG")


def write_plot(file: Path, found: Preservation) -> None:
    """Appearance against geometry: the nearer to the lower left, the better; photos are the left edge."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(6, 4.5), layout="constrained")
    axes = picture.subplots()
    for name, drift in found.drift_px.items():
        axes.scatter(found.realism[name], drift)
        axes.annotate(name, (found.realism[name], drift), xytext=(5, 4), textcoords="offset points")
    axes.axvline(found.realism["photos"], color="grey", linestyle=":", label="photos from photos")
    axes.set(xlabel="inner face told from photos (accuracy)", ylabel="drift, px, by the worse of two judges")
    axes.margins(0.15)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    picture.savefig(file, format="png", dpi=110)
