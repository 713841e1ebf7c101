"""What stands beside canvases: which photos gave one and why not, the card with the ledger, a sheet to look at."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from recon.canvases.ledger import UNKNOWN, licences
from recon.canvases.light import Light, shown
from recon.canvases.photo import Told
from recon.files import printable, whole_file
from recon.synthesis.canvas import COLUMNS, Canvas
from recon.synthesis.column import table_of
from recon.synthesis.shards import Rows, shard_files

CELL_PX = 192
SHEET_ROWS, SHEET_COLUMNS = 16, 4
OPEN = np.array([255, 0, 255])  # colour of a plate where a face is to come
LEDGER = ("name", "licence", "attribution", "source", "sha256")
CARD = """---
pretty_name: Canvases, photos without their faces
license: other
tags: [face, synthetic]
---

# Canvases: photos without their faces

{count} real photos at {size} x {size} px from which the face is removed, to draw other faces on:
`synth2real generate --canvases` and scene files (`canvas.folder`) do. Licences: {licences}.

## What is left of the people
Inside the face, from forehead to chin and ear to ear, no pixel of the photo is left but of what lies over it (hair,
glasses, hands; a beard where a parser sees it): `face` and `over` say where. Hair, ears, neck, clothes, background and
the head's pose are the photo's own, and so are numbers that were fitted to the face: `identity` and `expression` (its
shape in a linear model), `light`, `tone`. Who knows a person well may know them by hair, clothes and place. The people
did not agree to this use, whatever the photo's licence: draw faces of other shapes, and name nobody.

## What is measured, and how
A face model is fitted to what a network says of the photo; no measurement, and wrong where the network is. `light`:
nine harmonics of each colour by iterated least squares on bare skin, in linear light by the power law of 2.2;
`residual` says what they leave. `blur_px`: the sharpest quarter of strong edges about the face, by how fast gradients
fall under two more blurs; 0: sharper than any Gaussian. `noise`: the flattest third of the face's pixels under a mask
that smooth shading does not pass; grain that JPEG took is not seen. `quality`: of the file's quantisation tables; 0:
no JPEG, or shrunk by more than half.

{columns}

## Ledger
{ledger}
"""


def write_beside(
    out: Path, manifest: Mapping[str, Any], told: Sequence[Told], faults: Sequence[str | None], cells: Sequence[Path]
) -> None:
    """Write photos.csv, README.md and sheet.jpg into `out`.

    Args:
        told: of all photos. faults: why there is no canvas of them, None where there is. cells: pictures of canvases.
    """
    with whole_file(out / "photos.csv") as temporary, temporary.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["photo", "canvas", "reason", "licence", "attribution", "source"])
        for one, fault in zip(told, faults, strict=True):
            words = (one.licence, one.attribution, one.source)
            table.writerow([printable(one.name), int(fault is None), fault or "", *words])
    write_card(out, int(manifest["size"]))
    write_sheet(out / "sheet.jpg", [np.asarray(Image.open(cell)) for cell in cells[: SHEET_ROWS * SHEET_COLUMNS]])


def write_card(out: Path, size: int) -> None:
    """README.md of a folder of canvases, with whose photos they are."""
    rows = list(Rows(shard_files(out)).rows(list(LEDGER)))
    lines = ["| canvas | licence | attribution | source | SHA-256 of the photo |", "| --- " * 5 + "|"]
    for row in rows:
        words = [printable(row[name]).replace("|", "/") for name in LEDGER[:-1]]
        words[1] = words[1] or UNKNOWN
        lines.append(f"| {' | '.join(words)} | {row['sha256'][:16]} |")
    text = CARD.format(
        count=len(rows),
        size=size,
        licences=licences(row["licence"] for row in rows),
        columns=table_of(COLUMNS),
        ledger="\n".join(lines),
    )
    with whole_file(out / "README.md") as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_sheet(path: Path, cells: Sequence[np.ndarray]) -> None:
    """A JPEG of pictures of one size, (h, w, 3) uint8 each, some to a line."""
    across = min(SHEET_COLUMNS, len(cells))
    filled = [*cells, *[np.zeros_like(cells[0])] * (-len(cells) % across)]
    lines = [np.concatenate(filled[first : first + across], 1) for first in range(0, len(filled), across)]
    with whole_file(path) as temporary:
        Image.fromarray(np.concatenate(lines)).save(temporary, "JPEG", quality=90)


def cell_of(one: Canvas, photo: np.ndarray | None = None) -> np.ndarray:
    """(CELL_PX, n * CELL_PX, 3) uint8: the photo where it is given, the plate, what lies over the face (where another
    is to come is violet), and the light on a ball."""
    alpha = one.over[..., None] / 255
    over = np.where(one.face[..., None], alpha * one.plate + (1 - alpha) * OPEN, one.plate)
    pictures = [one.plate, over.astype(np.uint8), ball_under(Light(one.light, one.tone, one.residual))]
    return np.concatenate([small(picture) for picture in ([] if photo is None else [photo]) + pictures], 1)


def ball_under(light: Light) -> np.ndarray:
    """(CELL_PX, CELL_PX, 3) uint8: a ball of the skin's tone."""
    line = (np.arange(CELL_PX) + 0.5) / CELL_PX * 2.2 - 1.1
    x, y = np.meshgrid(line, -line)
    inside = x**2 + y**2 < 1
    normals = np.stack([x, y, np.sqrt(np.maximum(1 - x**2 - y**2, 0))], -1)
    return np.where(inside[..., None], 255 * shown(light.on(normals)), 0).round().astype(np.uint8)


def small(picture: np.ndarray) -> np.ndarray:
    """(CELL_PX, CELL_PX, 3)."""
    return cv2.resize(picture, (CELL_PX, CELL_PX), interpolation=cv2.INTER_AREA)
