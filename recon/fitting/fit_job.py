"""A folder of photos as a dataset with fitted labels: `recon fit`.

    out/data/train-*.parquet, manifest.json   rows as any dataset's, of the photos that were kept
    out/fits.csv                              every photo: kept or why not, and its figures
    out/template.npz, README.md               what the meshes share; what the rows are and are not
    out/.fits/0000012.npz                     fits, one a photo: a stopped run goes on from them

Rows are numbered densely. A photo's row and those of its turned copies follow one another; its place in the sorted list
of photos is the column `person`, or with `people` the place of its folder, and `shot` counts a person's rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recon.errors import UserError
from recon.faces import load
from recon.files import only_run_in
from recon.fitting.fits import Task, fit_all, read_fit, verdict_of
from recon.fitting.known import Known, known_of
from recon.fitting.labelled import drawn, record_of
from recon.fitting.photo_fit import plain
from recon.fitting.report import kind_of, write_beside
from recon.fitting.turned import turn_of, turned_fit, turned_view
from recon.methods.pretrained import network_digest
from recon.photos.folder import find_images
from recon.reconstruction.batch import digest_of
from recon.reconstruction.networks import network_of
from recon.synthesis.column import Schema
from recon.synthesis.job import Row, Stage, Work
from recon.synthesis.pose import angles_deg
from recon.synthesis.produce import begin, produce
from recon.synthesis.schema import COLUMNS, TRAITS, lengths_of, row_from_record
from recon.synthesis.source import content

FITTER_VERSION = 1  # rises whenever the same photo gives another row
TOLD = tuple(one for one in TRAITS if one.name in ("person", "shot", "yaw_deg", "pitch_deg", "roll_deg"))
"""The traits that a fit tells."""
MODEL = "default"


@dataclass(frozen=True)
class FitJob:
    """Row i is a kept photo, or a copy of it turned further aside.

    Attributes:
        fits: files of the kept photos' fits, with the photos' numbers. names and people: of all photos. known: what a
            CSV says of them. size: px. turn: copies of each. said: for the manifest.
    """

    fits: tuple[tuple[int, Path], ...]
    names: tuple[str, ...]
    people: tuple[int, ...]
    known: Known
    size: int
    turn: int
    said: dict[str, Any]

    @property
    def count(self) -> int:
        """Rows that there are."""
        return len(self.fits) * (1 + self.turn)

    def schema(self) -> Schema:
        return Schema((*COLUMNS, *TOLD), lengths_of(load(MODEL)))

    def manifest(self) -> dict[str, Any]:
        return self.said

    def stages(self) -> tuple[Stage, ...]:
        return (Stage("fit", self.open),)

    def open(self) -> Work:
        """indices -> rows."""
        return lambda indices: [self.row(index) if index < self.count else None for index in indices]

    def row(self, index: int) -> Row:
        """The row of a kept photo, or of one of its copies."""
        place, copy = divmod(index, 1 + self.turn)
        number, file = self.fits[place]
        model, photo = load(MODEL), read_fit(file)
        fit, rgb, visible, classes = photo.fit, photo.rgb, photo.visible, photo.classes
        turn_deg = turn_of(fit, number, copy) if copy else 0.0
        if copy:
            fit = turned_fit(fit, turn_deg)
            face, rgb, visible, classes = turned_view(model, photo, fit)
        else:
            face = drawn(model, fit, self.size)
        scene = self.known.of(self.names[number]) | {
            "photo": self.names[number],
            "labels": "fitted to a network's answer, not measured",
            "synthetic_view": bool(copy),
            "turned_deg": round(turn_deg, 2),
            "figures": plain(photo.figures),
        }
        yaw, pitch, roll = angles_deg(fit.rotation)
        person = self.people[number]
        earlier = sum(self.people[other] == person for other, _ in self.fits[:place])
        shot = earlier * (1 + self.turn) + copy
        traits = {"person": person, "shot": shot, "yaw_deg": yaw, "pitch_deg": pitch, "roll_deg": roll}
        record = record_of(model, fit, face, rgb, visible, classes, index, scene)
        return row_from_record(record) | {one.name: one.encode(traits[one.name]) for one in TOLD}


def people_of(folder: Path, names: Sequence[str]) -> tuple[int, ...]:
    """Of each photo, PERSON/..., the number of its person's folder.

    Raises:
        UserError: a photo lies beside the folders.
    """
    people = [Path(name).parts[0] if len(Path(name).parts) > 1 else "" for name in names]
    if "" in people:
        raise UserError(f"{folder} holds photos beside its folders: give each person a folder, or leave --people out")
    order = {name: number for number, name in enumerate(sorted(set(people)))}
    return tuple(order[name] for name in people)


@dataclass(frozen=True)
class Outcome:
    """out: the folder. photos: how many there were. kept: of them. rows: with turned copies. reasons: why the others
    were not, and how often."""

    out: Path
    photos: int
    kept: int
    rows: int
    reasons: Counter[str]

    def __str__(self) -> str:
        lines = [f"{times:5d} not kept: {reason}" for reason, times in self.reasons.most_common()]
        share = f"{self.kept} of {self.photos} photos kept ({self.kept / self.photos:.0%})"
        return "\n".join([*lines, f"{share}, {self.rows} rows in {self.out}; fits.csv there says why of each"])


def fit_photos(
    folder: Path,
    out: Path,
    weights: Path | None = None,
    size: int = 256,
    turn: int = 0,
    workers: int = 1,
    people: bool = False,
) -> Outcome:
    """Fit each photo under `folder` and store what is kept in `out`; goes on where it was stopped.

    Args:
        weights: of the network; None: the bundled one. size: px of the crops. turn: turned copies of each photo.
        people: `folder` has a folder for each person; otherwise each photo is taken for another's.
    Raises:
        UserError: no photos, none kept, `out` holds other things or another job's, or is in use.
    """
    photos = find_images(folder)
    names = tuple(photo.relative_to(folder).as_posix() for photo in photos)
    known = known_of(folder, photos)
    hashes = [[name, digest_of(photo)] for name, photo in zip(names, photos, strict=True)]
    said = {"kind": "fitted", "fitter": FITTER_VERSION, "model": MODEL, "seed": 0, "size": size, "turn": turn}
    said |= {"network": network_digest(network_of(weights)), "photos": content(hashes), "known": known.key()}
    said |= {"people": True} if people else {}
    begin(said, out)
    files = [out / ".fits" / f"{number:07d}.npz" for number in range(len(photos))]
    with only_run_in(out):
        tasks = [Task(photos[n], files[n], known.points.get(name)) for n, name in enumerate(names)]
        fit_all([task for task in tasks if not task.file.exists()], weights, size, workers)
    faults = [verdict_of(file) for file in files]
    kept = tuple((number, files[number]) for number, (fault, _) in enumerate(faults) if fault is None)
    if not kept:
        reason = f"the first, {names[0]}: {faults[0][0]}"
        raise UserError(f"none of the {len(photos)} photos in {folder} was kept ({reason})")
    job = FitJob(kept, names, people_of(folder, names) if people else tuple(range(len(names))), known, size, turn, said)
    produce(job, job.count, out, min(workers, job.count))
    with only_run_in(out):
        write_beside(out, load(MODEL), names, faults, job.count, [known.of(name) for name in names])
    reasons = Counter(kind_of(fault) for fault, _ in faults if fault is not None)
    return Outcome(out, len(photos), len(kept), job.count, reasons)
