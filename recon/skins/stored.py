"""Readings of many photos by several processes, a file each, so that a stopped run goes on: what was read, or why
nothing was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recon.arrays import read_npz
from recon.errors import UserError
from recon.faces import load
from recon.files import whole_file
from recon.fitting.each_photo import work_on_each
from recon.fitting.photo_fit import Limits, PhotoFit, fit_photo
from recon.methods.base import Reconstructor
from recon.people.skin.texture import MODEL
from recon.photos.reading import Unusable
from recon.skins.reading import Reading, read_skin

READER_VERSION = 1  # rises whenever the same photo gives another reading
SIZE_PX = 256  # of the crops: eyes as far apart as on the atlas
ARRAYS = ("linear", "normals", "seen", "expression")
# Skin needs no labels that others learn from: wider than a fitted dataset's.
LIMITS = Limits(residual_mm=2.0, outliers=0.1, covered=0.85, spread=1.5, unexplained=0.45, sharpness=-0.05)


@dataclass(frozen=True)
class Task:
    """A photo to read. file: where the answer is kept. points: (5, 2) px that are known of it, or None."""

    photo: Path
    file: Path
    points: np.ndarray | None


def read_all(tasks: Sequence[Task], weights: Path | None, workers: int) -> None:
    """Read photos, each to its file. weights: of the network; None: the bundled one."""
    work_on_each(tasks, write_reading, weights, workers)


def write_reading(task: Task, network: Reconstructor) -> None:
    """Fit a photo, read its skin, and keep that, or the reason why there is none."""
    try:
        found = fit_photo(task.photo, network, load(MODEL), SIZE_PX, task.points)
    except Unusable as reason:
        keep(task.file, str(reason))
        return
    keep_fit(task.file, found)


def keep_fit(file: Path, found: PhotoFit) -> None:
    """Keep the skin of a fitted photo, or why the fit is not good enough to read it."""
    fault = found.figures.fault(LIMITS)
    keep(file, fault or "", None if fault else read_skin(load(MODEL), found))


def keep(file: Path, fault: str, reading: Reading | None = None) -> None:
    """Store a reading, or the fault, in an .npz file."""
    values: dict[str, np.ndarray] = {"fault": np.array(fault)}
    if reading is not None:
        values |= {name: getattr(reading, name) for name in ARRAYS}
        values |= {name: values[name].astype(np.float16) for name in ("linear", "normals", "seen")}
    with whole_file(file) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **values)


def kept(file: Path) -> Reading | str:
    """What `keep` stored: a reading, or why there is none.

    Raises:
        UserError: the file is broken.
    """
    try:
        archive = read_npz(file, ("fault",))
        if str(archive["fault"]):
            return str(archive["fault"])
        values = {name: archive[name] for name in ARRAYS}
        if any(one.dtype.kind != "f" for one in values.values()):
            raise ValueError("what it holds are no numbers")
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{file} is broken ({error}): remove it and run the same command again") from None
    return Reading(
        **{name: one.astype(np.float64 if name == "expression" else np.float32) for name, one in values.items()}
    )
