"""What a row looks like: its maps as colours, and the contact sheet of the first rows, in order and never chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from recon.files import whole_file
from recon.synthesis.record import Record
from recon.synthesis.schema import record_from_row
from synth2real.dataset.schema import IMAGE

SHEET_COLUMNS = 8
CELL_PX = 128  # larger pictures are shrunk on the sheet
NOTHING = np.array((24, 26, 30), np.uint8)  # colour of pixels without a label
NEAR_MM, FAR_MM = 40.0, -160.0  # depths shown brightest and darkest: the nose's tip is near 25, the ears near -90


def views(row: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The pictures of a row, name -> (S, S, 3) uint8: image (where there is one), render, correspondence, depth..."""
    record = record_from_row(row)
    image = {"image": IMAGE.decode(row["image"], {})} if "image" in row else {}
    return {
        **image,
        "render": record.rgb,
        "correspondence": correspondence_colours(record),
        "depth": depth_colours(record),
        "normals": _on_nothing((record.normals + 1) / 2, ~np.isnan(record.normals[..., 0])),
        "mask": np.where(record.mask[..., None], np.uint8(235), NOTHING),
    }


def correspondence_colours(record: Record) -> np.ndarray:
    """(S, S, 3) uint8: red, green and blue are the place on the canonical face."""
    return _on_nothing(record.correspondence, record.mask)


def depth_colours(record: Record) -> np.ndarray:
    """(S, S, 3) uint8: near is yellow, far is violet; the same scale for every image."""
    depth = record.depth_mm
    share = np.clip((np.nan_to_num(depth) - FAR_MM) / (NEAR_MM - FAR_MM), 0, 1)
    colours = cv2.applyColorMap((share * 255).astype(np.uint8), cv2.COLORMAP_VIRIDIS)[..., ::-1]
    return _on_nothing(colours / 255, ~np.isnan(depth))


def contact_sheet(
    rows: Iterable[Mapping[str, Any]], shown: tuple[str, ...], path: Path, columns: int = SHEET_COLUMNS
) -> None:
    """Write the named views of each row, side by side, so many rows of the dataset to a line."""
    cells = [np.concatenate([_shrunk(pictures[name]) for name in shown], axis=1) for pictures in map(views, rows)]
    cells += [np.zeros_like(cells[0])] * (-len(cells) % columns if len(cells) > columns else 0)
    lines = [np.concatenate(cells[i : i + columns], axis=1) for i in range(0, len(cells), columns)]
    with whole_file(path) as temporary:
        Image.fromarray(np.concatenate(lines)).save(temporary, "JPEG", quality=92)


def _shrunk(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, (CELL_PX, CELL_PX), interpolation=cv2.INTER_AREA) if len(picture) > CELL_PX else picture


def _on_nothing(colours: np.ndarray, there: np.ndarray) -> np.ndarray:
    """(S, S, 3) float in [0, 1] where `there` (S, S) bool, the dark ground elsewhere; uint8."""
    painted = np.clip(np.nan_to_num(colours) * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.where(there[..., None], painted, NOTHING)
