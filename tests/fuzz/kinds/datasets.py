"""Datasets, and what is kept of photos on the way to them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from recon.canvases.folder import Task as CanvasTask
from recon.canvases.folder import fault_of
from recon.canvases.photo import Told
from recon.fitting import fits
from recon.skins import stored as skins
from recon.synthesis.canvas import canvas, canvas_schema, canvases, row_from_canvas
from recon.synthesis.fitted import Fitted
from recon.synthesis.produce import read_manifest
from recon.synthesis.schema import record_from_row, row_from_record, row_from_traits
from recon.synthesis.shards import Rows, shard_path, write_shard
from synth2real.dataset.checksums import write_checksums
from tests.fuzz.hostile import hostile_of
from tests.fuzz.reader import Reader
from tests.fuzz.seeds import Seed, alone, arrays, made, png, texts, unfit
from tests.recon.synthesis.fake_canvases import fake_canvas
from tests.recon.synthesis.fake_records import SCHEMA, TRAITS_OF_FAKE, fake_record


@dataclass(frozen=True)
class _Bases:
    """As much of a face model as a canvas's columns are told from."""

    identity_basis: np.ndarray
    expression_basis: np.ndarray


SMALL: Any = _Bases(np.zeros((5, 1)), np.zeros((3, 1)))


def _rows(file: Path) -> None:
    for row in Rows([file]):
        record_from_row(row)


def _shards() -> list[Seed]:
    def write(folder: Path, packed: bool, picture: bytes = b"") -> Path:
        rows = [row_from_record(fake_record(k)) | row_from_traits(TRAITS_OF_FAKE) for k in range(3)]
        rows = [{name: row[name] for name in (column.name for column in SCHEMA.columns)} for row in rows]
        if picture:
            rows[1]["render"] = {"bytes": picture, "path": None}
        write_shard(folder / "train-00000.parquet", SCHEMA, rows, packed)
        return folder / "train-00000.parquet"

    broken = png()[:60], hostile_of(".png")["a PNG of 100,000 px a side"]
    return made(lambda folder: write(folder, True), lambda folder: write(folder, False)) + unfit(
        made(*(partial(write, packed=False, picture=picture) for picture in broken))
    )


def _canvases(file: Path) -> None:
    folder = file.parents[1]
    for name in canvases(folder):
        canvas(folder, name)


def _canvas_seeds() -> list[Seed]:
    def write(folder: Path) -> Path:
        rows = [row_from_canvas(fake_canvas(SMALL, k)) for k in range(2)]
        write_shard(shard_path(folder, 0), canvas_schema(SMALL), rows)
        return shard_path(folder, 0)

    return made(write)


def _fits() -> list[Seed]:
    figures, none = json.dumps(dict.fromkeys(fits.Figures.__dataclass_fields__, 1.0)), np.array("null")
    whole = {
        "fault": np.array(""),
        "figures": np.array(figures),
        "camera": np.array([100.0, 8, 8, 16]),
        "residuals": np.ones(3),
        "rgb": np.zeros((16, 16, 3), np.uint8),
        "visible": np.zeros((16, 16), bool),
        "classes": fits.NONE,
        "identity": np.zeros(4),
        "expression": np.zeros(3),
        "rotation": np.eye(3),
        "translation": np.zeros(3),
    }
    others = {"figures": none}, {"figures": np.array('{"a": 1}')}, {"camera": np.ones(3)}
    return [
        alone("a.npz", arrays(**whole)),
        alone("a.npz", arrays(fault=np.array("no face"), figures=none)),
        *(alone("a.npz", arrays(**{**whole, **other}), False) for other in others),
    ]


def _read_fit(file: Path) -> None:
    if fits.verdict_of(file)[0] is None:
        fits.read_fit(file)


def _readings() -> list[Seed]:
    half = {name: np.zeros((8, 8, 3), np.float16) for name in ("linear", "normals")}
    whole = arrays(fault=np.array(""), seen=np.zeros((8, 8), np.float16), expression=np.zeros(3), **half)
    return [alone("a.npz", whole), alone("a.npz", arrays(fault=np.array("no face")))]


def _photos_fitted() -> list[Seed]:
    values = {"rgb": np.zeros((16, 16, 3), np.uint8), "vertices_px": np.zeros((7, 3), np.float32)}
    return [alone("a.npz", arrays(**values, model=np.array("default"), nasion_px=np.ones(2)))]


def _fitted(file: Path) -> None:
    source = Fitted.at(file.parent)
    source.key()
    source.record(0, ("rgb", "vertices_mm"))


def _checksums() -> list[Seed]:
    def write(folder: Path) -> Path:
        (folder / "manifest.json").write_text("{}")
        shutil.copy(_shard_file(folder), shard_path(folder, 0))
        write_checksums(folder)
        return folder / "checksums.json"

    return made(write)


def _shard_file(folder: Path) -> Path:
    (folder / "data").mkdir()
    file = folder / "kept.parquet"
    file.write_bytes(next(iter(_shards()[0].files.values())))
    return file


READERS = (
    Reader("dataset's shards", _rows, _shards),
    Reader("canvases", _canvases, _canvas_seeds),
    Reader("fits", _read_fit, _fits),
    Reader("readings of skin", skins.kept, _readings),
    Reader("fitted photos", _fitted, _photos_fitted),
    Reader("checksums", lambda file: write_checksums(file.parent), _checksums),
    Reader(
        "manifests",
        lambda file: read_manifest(file.parent),
        lambda: texts("manifest.json", '{"kind": "render", "size": 16}'),
    ),
    Reader(
        "canvases' faults",
        lambda file: fault_of(CanvasTask(file, file.parent / "0", Told("0"))),
        lambda: texts("0.json", '"no face"', "null"),
    ),
)
