"""A canvas: a real photo's crop from which the face is removed, with all that is needed to put a drawn one there.

    names = canvases("canvases")                 of a folder's canvases, in order
    canvas("canvases", names[0]).plate           (S, S, 3) uint8

A folder of canvases is a dataset like any other: shards, manifest.json, README.md. `recon.canvases` makes it.
Letters of shapes: S the image's side, k identity and e expression parameters of the face model.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recon.errors import UserError, did_you_mean
from recon.faces.model import FaceModel
from recon.faces.parsing import CLASSES
from recon.synthesis.codecs import Mask, Numbers, Pixels, Scalar, Text
from recon.synthesis.column import Column, Schema, by_field, decode_row, encode_row
from recon.synthesis.shards import Rows, shards_in

PLATE_QUALITY = 92  # of WebP
KEPT = 160  # canvases in memory, about 0.4 MB each at 256 px


@dataclass(frozen=True)
class Canvas:
    """A photo without its face.

    Attributes:
        name: its id in the folder.
        plate: (S, S, 3) uint8 sRGB, the photo without its face: inside `face`, skin where `over` is 0, else the colour
            of what lies over the face, as if it were opaque there. A face N is put in by over * plate + (1 - over) * N.
        over: (S, S) uint8, how much of a pixel of the face is covered by hair, glasses, hands, a beard, of 255.
        classes: (S, S) uint8 codes of `recon.faces.parsing.CLASSES`, of the photo; all 0 where no parser saw it.
        face: (S, S) bool, where the old face was or is covered: nothing of it is left there.
        identity: (k,), expression: (e,), rotation: (3, 3), translation_mm: (3,) float32: the face model fitted to the
            photo; camera place = rotation @ model place + translation. focal_px: of the plate's pinhole camera, whose
            principal point is the middle.
        light: (9, 3) float32 harmonics of the irradiance, relative: the photo's linear colour (power law of 2.2) is
            tone * (polynomials(n) @ light), n in the camera frame; its mean over the face that is seen is 1.
        tone: (3,) float32, the mean linear colour of the face's skin.
        residual: robust deviation of the skin from that, a share.
        blur_px: sigma of the Gaussian that the photo's sharpest edges look like. noise: sigma of its grain, of 0 to 1
            sRGB. quality: of its JPEG, 1 to 100; 0 where it was none.
        mouth: how far it is open, a share of its width. yaw_deg, pitch_deg, roll_deg: of the head.
        licence, attribution, source: of the photo, "" where unknown. sha256: of its file.
        index: the row's number, among all faces that were looked at.
    """

    name: str
    plate: np.ndarray
    over: np.ndarray
    classes: np.ndarray
    face: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    rotation: np.ndarray
    translation_mm: np.ndarray
    focal_px: float
    light: np.ndarray
    tone: np.ndarray
    residual: float
    blur_px: float
    noise: float
    quality: int
    mouth: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    licence: str
    attribution: str
    source: str
    sha256: str
    index: int = 0

    @property
    def size(self) -> int:
        """Side of the plate, px."""
        return len(self.plate)


@dataclass(frozen=True)
class Picture(Pixels):
    """(S, S, 3) uint8 as WebP, with a little loss: for photos, never for labels."""

    @property
    def stored(self) -> str:
        return f"WebP, quality {PLATE_QUALITY}"

    def encode(self, value: np.ndarray) -> dict[str, Any]:
        held = io.BytesIO()
        Image.fromarray(value).save(held, "WEBP", quality=PLATE_QUALITY, method=6)
        return {"bytes": held.getvalue(), "path": None}


IMAGE, FLOATS, NUMBER = ("S", "S"), Numbers("float32"), Scalar("float32")
SHARE, NAMED = Scalar("float32", low=0), Text()
# fmt: off
COLUMNS = (
    #      name, field of Canvas, codec, shape, unit, text
    Column("index", "index", Scalar("int64", low=0), (), "", "the photo's place in the sorted folder"),
    Column("name", "name", NAMED, (), "", "of the canvas"),
    Column("plate", "plate", Picture(), ("S", "S", 3), "", "the photo without its face, RGB"),
    Column("over", "over", Pixels(), IMAGE, "", "how much of the face is covered by what the photo shows, of 255"),
    Column("classes", "classes", Pixels(high=len(CLASSES) - 1), IMAGE, "",
           "what a parser sees: " + ", ".join(f"{code} {name.replace('_', ' ')}" for code, name in enumerate(CLASSES))),
    Column("face", "face", Mask(), IMAGE, "", "where the old face was, seen or covered"),
    Column("identity", "identity", FLOATS, ("k",), "", "the face model's parameters, standard deviations"),
    Column("expression", "expression", FLOATS, ("e",), "", "the face model's parameters, activations"),
    Column("rotation", "rotation", FLOATS, (3, 3), "", "from the model's frame to the camera's"),
    Column("translation_mm", "translation_mm", FLOATS, (3,), "mm", "camera place = rotation @ model place + this"),
    Column("focal_px", "focal_px", Scalar("float64", low=0), (), "px", "the pinhole camera's; centre: the plate's"),
    Column("light", "light", FLOATS, (9, 3), "", "harmonics of the irradiance, relative: its mean over the face is 1"),
    Column("tone", "tone", FLOATS, (3,), "", "mean linear colour of the skin, red, green, blue"),
    Column("residual", "residual", SHARE, (), "", "robust deviation of the skin from tone times light, a share"),
    Column("blur_px", "blur_px", SHARE, (), "px", "sigma of the Gaussian that the photo's edges look like"),
    Column("noise", "noise", SHARE, (), "", "sigma of the photo's grain, of sRGB from 0 to 1"),
    Column("quality", "quality", Scalar("int64", 0, 100), (), "", "of the photo's JPEG; 0: it was none"),
    Column("mouth", "mouth", SHARE, (), "", "how far it is open, a share of its width"),
    Column("yaw_deg", "yaw_deg", NUMBER, (), "deg", "the head's turn, positive to the image's right"),
    Column("pitch_deg", "pitch_deg", NUMBER, (), "deg", "its nod, positive looks down"),
    Column("roll_deg", "roll_deg", NUMBER, (), "deg", "its tilt, positive is counter-clockwise in the image"),
    Column("licence", "licence", NAMED, (), "", "of the photo, empty where unknown"),
    Column("attribution", "attribution", NAMED, (), "", "whom the licence asks to name, empty where unknown"),
    Column("source", "source", NAMED, (), "", "where the photo is from"),
    Column("sha256", "sha256", NAMED, (), "", "of the photo's file"),
)
# fmt: on
FIELDS = by_field(COLUMNS)


def canvas_schema(model: FaceModel) -> Schema:
    """The columns of a face model's canvases."""
    return Schema(COLUMNS, {"k": len(model.identity_basis), "e": len(model.expression_basis)})


def row_from_canvas(one: Canvas) -> dict[str, Any]:
    """The canvas's columns."""
    return encode_row(one, COLUMNS)


def canvas_from_row(row: Mapping[str, Any]) -> Canvas:
    """What `row_from_canvas` was given, but for the plate's small loss. Raises UserError where a column is missing."""
    return Canvas(**decode_row(row, FIELDS))


def canvases(folder: str | Path) -> tuple[str, ...]:
    """The names of a folder's canvases, in order. Raises UserError where it holds none."""
    return tuple(_numbers(str(folder)))


@lru_cache(maxsize=KEPT)
def canvas(folder: str | Path, name: str) -> Canvas:
    """One of them, kept in memory. Raises UserError where there is none of the name."""
    numbers = _numbers(str(folder))
    if name not in numbers:
        raise UserError(f"there is no canvas {name!r} in {folder}{did_you_mean(name, numbers)}")
    return canvas_from_row(_rows(str(folder)).row(numbers[name]))


@lru_cache(maxsize=4)
def key_of_canvases(folder: str | Path) -> str:
    """16 hexadecimal digits of a folder's shards: other canvases, other scenes."""
    digest = hashlib.sha256()
    for file in shards_in(Path(folder)):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=4)
def _rows(folder: str) -> Rows:
    if not Path(folder).is_dir():
        raise UserError(f"the folder of canvases {folder} does not exist: make it with `synth2real canvases`")
    rows = Rows(Path(folder))
    if "plate" not in rows.columns:
        raise UserError(f"{folder} holds no canvases but other rows: make them with `synth2real canvases`")
    return rows


@lru_cache(maxsize=4)
def _numbers(folder: str) -> dict[str, int]:
    """Name -> row, in the rows' order."""
    names = [row["name"] for row in _rows(folder).rows(["name"])]
    if not all(isinstance(name, str) for name in names):
        raise UserError(f"{folder} holds no canvases but other rows: make them with `synth2real canvases`")
    return {name: number for number, name in enumerate(names)}
