"""Fits of many photos by several processes, a file each: what was fitted, or why nothing was."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from recon.arrays import read_npz
from recon.errors import UserError
from recon.faces import load
from recon.files import whole_file
from recon.fitting.each_photo import work_on_each
from recon.fitting.model_fit import Fit
from recon.fitting.photo_fit import Figures, PhotoFit, fit_photo
from recon.geometry.cameras import Camera
from recon.methods.base import Reconstructor
from recon.photos.reading import Unusable
from recon.texts import json_of

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
    work_on_each(tasks, partial(write_fit, size=size), weights, workers)


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
    return str(stored["fault"]) or None, _figures(file, stored)


def read_fit(file: Path) -> PhotoFit:
    """What was fitted to a photo that was kept."""
    stored = _stored(file, (*ARRAYS, "camera", "residuals", "rgb", "visible", "classes"))
    figures = _figures(file, stored)
    if figures is None:
        raise _broken(file, "nothing was fitted")
    try:
        focal, u, v, side = stored["camera"].tolist()
        numbers = dict(zip(NUMBERS, stored["residuals"].tolist(), strict=True))
        fit = Fit(*(stored[name] for name in ARRAYS), camera=Camera(focal, (u, v), int(side)), **numbers)
    except (ValueError, TypeError, OverflowError) as error:
        raise _broken(file, error) from None
    classes = stored["classes"] if stored["classes"].size else None
    return PhotoFit(fit, stored["rgb"], stored["visible"], classes, figures)


def _figures(file: Path, stored: Mapping[str, np.ndarray]) -> Figures | None:
    try:
        values = json_of(str(stored["figures"]))
        return None if values is None else Figures(**values)
    except (ValueError, TypeError) as error:
        raise _broken(file, error) from None


def _stored(file: Path, needed: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    try:
        return read_npz(file, ("fault", "figures", *needed))
    except (OSError, ValueError) as error:
        raise _broken(file, error) from None


def _broken(file: Path, why: object) -> UserError:
    return UserError(f"{file} is broken ({why}): remove it and run the same command again")
