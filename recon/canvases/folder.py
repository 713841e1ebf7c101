"""A folder of photos as a folder of canvases: `synth2real canvases`.

    out/data/train-*.parquet, manifest.json   the canvases, see `recon.synthesis.canvas`
    out/photos.csv                            every photo: whether there is a canvas of it, or why not; its licence
    out/README.md, sheet.jpg                  what they are, with the ledger; the first of them
    out/.made/0000012.parquet, .jpg, .json    canvases, one a photo: a stopped run goes on from them

Rows are numbered densely, in the order of the photos' names.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from recon.canvases.ledger import Ledger, ledger_of
from recon.canvases.photo import Told, canvas_of
from recon.canvases.report import cell_of, write_beside
from recon.errors import UserError
from recon.faces import load
from recon.files import only_run_in, whole_file
from recon.fitting.each_photo import work_on_each
from recon.fitting.known import known_of
from recon.fitting.report import kind_of
from recon.methods.base import Reconstructor
from recon.methods.pretrained import network_digest
from recon.photos.folder import find_images
from recon.photos.reading import Unusable
from recon.reconstruction.batch import digest_of
from recon.reconstruction.networks import network_of
from recon.synthesis.canvas import canvas_schema, row_from_canvas
from recon.synthesis.column import Schema
from recon.synthesis.job import Row, Stage, Work
from recon.synthesis.produce import begin, produce
from recon.synthesis.shards import Rows, write_shard
from recon.synthesis.source import content
from recon.texts import read_json

MAKER_VERSION = 3  # rises whenever the same photo gives another canvas
MODEL = "default"


@dataclass(frozen=True)
class Task:
    """A photo to make a canvas of. file: where it is kept, without its ending."""

    photo: Path
    file: Path
    told: Told

    @property
    def fault(self) -> Path:
        """Written last: why there is no canvas, or null."""
        return self.file.with_suffix(".json")

    @property
    def row(self) -> Path:
        """The canvas."""
        return self.file.with_suffix(".parquet")

    @property
    def cell(self) -> Path:
        """A picture of it beside the photo."""
        return self.file.with_suffix(".jpg")


@dataclass(frozen=True)
class Gather:
    """The job whose row i is the canvas in file i. said: for the manifest."""

    files: tuple[Path, ...]
    said: dict[str, Any]

    def schema(self) -> Schema:
        return canvas_schema(load(MODEL))

    def manifest(self) -> dict[str, Any]:
        return self.said

    def stages(self) -> tuple[Stage, ...]:
        return (Stage("gather", self.open),)

    def open(self) -> Work:
        """indices -> rows."""
        return lambda indices: [self.row(index) if index < len(self.files) else None for index in indices]

    def row(self, index: int) -> Row:
        """The row of a canvas, numbered."""
        return Rows([self.files[index]]).row(0) | {"index": index}


@dataclass(frozen=True)
class Outcome:
    """out: the folder. photos: how many there were. kept: of them. reasons: why the others were not, and how often.
    unknown: canvases whose licence is unknown."""

    out: Path
    photos: int
    kept: int
    reasons: Counter[str]
    unknown: int

    def __str__(self) -> str:
        lines = [f"{times:5d} without a canvas: {reason}" for reason, times in self.reasons.most_common()]
        if self.unknown:
            lines.append(f"the licence of {self.unknown} is unknown: what is made with them can't be published")
        share = f"{self.kept} canvases of {self.photos} photos ({self.kept / self.photos:.0%})"
        return "\n".join([*lines, f"{share} in {self.out}; sheet.jpg shows them, photos.csv says why of each"])


def make_canvases(
    folder: Path,
    out: Path,
    weights: Path | None = None,
    size: int = 256,
    licence: str = "",
    attribution: str = "",
    workers: int = 1,
) -> Outcome:
    """Make a canvas of each photo under `folder`, in `out`; goes on where it was stopped.

    Args:
        weights: of the network; None: the bundled one. size: px of the plates. licence, attribution: of photos of which
            no faces.csv says one.
    Raises:
        UserError: no photos, none usable, `out` holds other things or another job's, or is in use.
    """
    photos = find_images(folder)
    names = [photo.relative_to(folder).as_posix() for photo in photos]
    known = known_of(folder, photos)
    ledger = ledger_of(known, licence, attribution)
    hashes = [[name, digest_of(photo)] for name, photo in zip(names, photos, strict=True)]
    said = {"kind": "canvases", "maker": MAKER_VERSION, "model": MODEL, "size": size, "known": known.key()}
    said |= {"network": network_digest(network_of(weights)), "photos": content(hashes)}
    said |= {"licence": licence, "attribution": attribution}
    begin(said, out)
    tasks = [
        Task(photo, out / ".made" / f"{number:07d}", told_of(name, ledger, known.points.get(name)))
        for number, (name, photo) in enumerate(zip(names, photos, strict=True))
    ]
    with only_run_in(out):
        work_on_each(
            [task for task in tasks if not task.fault.exists()], partial(make_one, size=size), weights, workers
        )
    faults = [fault_of(task) for task in tasks]
    kept = [task for task, fault in zip(tasks, faults, strict=True) if fault is None]
    if not kept:
        raise UserError(
            f"none of the {len(photos)} photos in {folder} gives a canvas (the first, {names[0]}: {faults[0]})"
        )
    produce(Gather(tuple(task.row for task in kept), said), len(kept), out, 1)
    with only_run_in(out):
        write_beside(out, said, [task.told for task in tasks], faults, [task.cell for task in kept])
    reasons = Counter(kind_of(fault) for fault in faults if fault is not None)
    return Outcome(out, len(photos), len(kept), reasons, sum(not task.told.licence for task in kept))


def told_of(name: str, ledger: Ledger, points: Any) -> Told:
    """What is known of a photo; where nothing says where it is from, its name does."""
    said = ledger.of(name)
    return Told(name, points, said["licence"], said["attribution"], said["source"] or name)


def make_one(task: Task, network: Reconstructor, size: int) -> None:
    """Make a photo's canvas and keep it, or the reason why there is none."""
    model, fault = load(MODEL), None
    try:
        made, photo = canvas_of(task.photo, task.told, network, model, size)
        write_shard(task.row, canvas_schema(model), [row_from_canvas(made)])
        with whole_file(task.cell) as temporary:
            Image.fromarray(cell_of(made, photo)).save(temporary, "JPEG", quality=92)
    except Unusable as reason:
        fault = str(reason)
    with whole_file(task.fault) as temporary:
        temporary.write_text(json.dumps(fault))


def fault_of(task: Task) -> str | None:
    """Why there is no canvas of a photo; None where there is one."""
    try:
        said = read_json(task.fault)
        if said is not None and not isinstance(said, str):
            raise ValueError("it says no reason")
        return said
    except (OSError, ValueError) as error:
        raise UserError(f"{task.fault} is broken ({error}): remove it and run the same command again") from None
