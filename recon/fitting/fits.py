"""Fits of many photos by several processes, a file each: what was fitted, or why nothing was."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from recon.errors import UserError
from recon.faces import load
from recon.files import whole_file
from recon.fitting.model_fit import Fit
from recon.fitting.photo_fit import Figures, PhotoFit, fit_photo
from recon.geometry.cameras import Camera
from recon.methods.base import Reconstructor
from recon.photos.reading import Unusable
from recon.processes import one_thread, process_pool, result_of
from recon.progress import progress
from recon.reconstruction.networks import network_of

ARRAYS = ("identity", "expression", "rotation", "translation")
NUMBERS = ("residual_px", "residual_mm", "outliers")
NONE = np.empty((0, 0), np.uint8)


@dataclass(frozen=True)
class Task:
    """A photo to fit. file: where the answer is kept. points: (5, 2) px that are known of it, or None."""

    photo: Path
    file: Path
    points: np.ndarray | None


def fit_all(tasks: Sequence[Task], weights: Path | None, size: int, workers: int) -> None:
    """Fit photos, each to its file. weights: of the network; None: the bundled one. size: px of the crops."""
    if not tasks:
        return
    with progress("photos", len(tasks)) as count, one_thread():
        if workers <= 1:
            network = network_of(weights)
            for task in tasks:
                write_fit(task, network, size)
                count()
            return
        with process_pool(min(workers, len(tasks)), _start, (weights,)) as pool:
            for future in [pool.submit(_write, task, size) for task in tasks]:
                result_of(future)
                count()


_network: Reconstructor | None = None  # in a process of the pool


def _start(weights: Path | None) -> None:
    global _network
    _network = network_of(weights)


def _write(task: Task, size: int) -> None:
    assert _network is not None
    write_fit(task, _network, size)


def write_fit(task: Task, network: Reconstructor, size: int) -> None:
    """Fit a photo and keep the answer, or the reason why there is none, in an .npz file."""
    try:
        found = fit_photo(task.photo, network, load("default"), size, task.points)
    except Unusable as reason:
        values: dict[str, np.ndarray] = {"fault": np.array(str(reason)), "figures": np.array("null")}
    else:
        fit, fault = found.fit, found.figures.fault()
        camera = np.array([fit.camera.focal_px, *fit.camera.centre_px, fit.camera.size_px])
        values = {
            "fault": np.array(fault or ""),
            "figures": np.array(json.dumps(asdict(found.figures))),
            "camera": camera,
            "residuals": np.array([getattr(fit, name) for name in NUMBERS]),
            "rgb": found.rgb,
            "visible": found.visible,
            "classes": NONE if found.classes is None else found.classes,
            **{name: getattr(fit, name) for name in ARRAYS},
        }
    with whole_file(task.file) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **values)


def verdict_of(file: Path) -> tuple[str | None, Figures | None]:
    """Why a photo was not kept, None where it was, and its figures, None where nothing was fitted."""
    stored = _stored(file)
    figures = json.loads(str(stored["figures"]))
    return str(stored["fault"]) or None, None if figures is None else Figures(**figures)


def read_fit(file: Path) -> PhotoFit:
    """What was fitted to a photo that was kept."""
    stored = _stored(file)
    focal, u, v, side = stored["camera"].tolist()
    numbers = dict(zip(NUMBERS, stored["residuals"].tolist(), strict=True))
    fit = Fit(*(stored[name] for name in ARRAYS), camera=Camera(focal, (u, v), int(side)), **numbers)
    classes = stored["classes"] if stored["classes"].size else None
    figures = Figures(**json.loads(str(stored["figures"])))
    return PhotoFit(fit, stored["rgb"], stored["visible"], classes, figures)


def _stored(file: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"{file} is broken ({error}): remove it and run the same command again") from None
