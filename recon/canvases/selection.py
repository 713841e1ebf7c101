"""A small folder of canvases out of large ones: only what asks for nothing, balanced by pose, mouth and skin.

The next one is always the one whose groups hold the fewest so far; among equals, the one that light explains best.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recon.canvases.ledger import is_free
from recon.canvases.report import SHEET_COLUMNS, SHEET_ROWS, cell_of, write_card, write_sheet
from recon.errors import UserError
from recon.faces import load
from recon.files import only_run_in, whole_file
from recon.synthesis.canvas import Canvas, canvas_from_row, canvas_schema
from recon.synthesis.column import SCHEMA_VERSION
from recon.synthesis.produce import RECORDS_PER_SHARD, Row, read_manifest
from recon.synthesis.shards import Rows, shard_path, write_shard

EDGES: Mapping[str, Sequence[float]] = {
    "yaw": (-12, -4, 4, 12),  # degrees
    "pitch": (-6, 4),
    "mouth": (0.045, 0.12),  # shut, a little, open
    "tone": (0.12, 0.2, 0.3, 0.42),  # linear brightness of the skin
    "covered": (0.02, 0.1),  # share of the face
}
"""Trait -> where its groups meet."""
MOST_RESIDUAL, MOST_BLUR_PX, MOST_NOISE, MOST_COVERED = 0.4, 1.2, 0.03, 0.4


def traits_of(one: Canvas) -> dict[str, float]:
    """The values that EDGES groups."""
    brightness = float(one.tone @ (0.2126, 0.7152, 0.0722))
    covered = float((one.over > 127).sum() / one.face.sum())
    return {
        "yaw": one.yaw_deg,
        "pitch": one.pitch_deg,
        "mouth": one.mouth,
        "tone": brightness,
        "covered": covered,
    }


def groups_of(one: Canvas) -> tuple[tuple[str, int], ...]:
    """The group of each trait."""
    return tuple((name, int(np.searchsorted(EDGES[name], value))) for name, value in traits_of(one).items())


def is_clean(one: Canvas) -> bool:
    """Whether a canvas is good enough to stand for others."""
    sharp = one.blur_px <= MOST_BLUR_PX and one.noise <= MOST_NOISE
    return sharp and one.residual <= MOST_RESIDUAL and traits_of(one)["covered"] <= MOST_COVERED


def balanced(found: Sequence[Canvas], count: int) -> list[int]:
    """Places of at most `count` canvases, in the order in which they are taken."""
    groups, held = [groups_of(one) for one in found], Counter[tuple[str, int]]()
    left, taken = sorted(range(len(found)), key=lambda place: (found[place].residual, found[place].name)), []
    while left and len(taken) < count:
        best = max(left, key=lambda place: sum(1 / (1 + held[group]) for group in groups[place]))  # the first of equals
        taken.append(best)
        left.remove(best)
        held.update(groups[best])
    return taken


def select_canvases(folders: Sequence[Path], count: int, out: Path, left_out: Sequence[str] = ()) -> int:
    """Write at most `count` canvases of `folders`, free, clean and balanced, as the folder `out`; how many they are.

    left_out: names of canvases that were looked at and are not wanted.

    Raises:
        UserError: none is free and clean, the folders were made differently, or `out` holds something.
    """
    said = [read_manifest(folder) for folder in folders]
    alike = {tuple(str(one.get(key)) for key in ("kind", "maker", "model", "size")) for one in said}
    if len(alike) > 1 or said[0].get("kind") != "canvases":
        raise UserError("the folders are not canvases made alike: make them with one version and one --size")
    rows: list[Row] = [row for folder in folders for row in Rows(folder).rows() if row["name"] not in left_out]
    free = [(row, canvas_from_row(row)) for row in rows if is_free(row["licence"])]
    clean = [(row, one) for row, one in free if is_clean(one)]
    if not clean:
        raise UserError(f"none of {len(rows)} canvases is free and clean: {len(free)} are free")
    places = balanced([one for _, one in clean], count)
    chosen = sorted((clean[place] for place in places), key=lambda pair: pair[1].name)
    if out.exists() and any(out.iterdir()):
        raise UserError(f"--out {out} holds files: name a new folder")
    _write(out, chosen, said, len(rows))
    return len(chosen)


def _write(out: Path, chosen: Sequence[tuple[Row, Canvas]], said: Sequence[Mapping[str, Any]], of: int) -> None:
    """The folder of chosen canvases. said: the manifests of where they are from. of: how many there were."""
    with only_run_in(out):
        numbered = [row | {"index": index} for index, (row, _) in enumerate(chosen)]
        for shard in range(-(-len(numbered) // RECORDS_PER_SHARD)):
            part = numbered[shard * RECORDS_PER_SHARD : (shard + 1) * RECORDS_PER_SHARD]
            write_shard(shard_path(out, shard), canvas_schema(load("default")), part)
        manifest = {key: said[0][key] for key in ("kind", "maker", "model", "size")}
        manifest |= {"schema": SCHEMA_VERSION, "records_per_shard": RECORDS_PER_SHARD}
        manifest |= {"selected": {"of": of, "networks": sorted({str(one["network"]) for one in said})}}
        with whole_file(out / "manifest.json") as temporary:
            temporary.write_text(json.dumps(manifest, indent=2) + "\n")
        write_card(out, int(said[0]["size"]))
        shown = [cell_of(one) for _, one in chosen[: SHEET_ROWS * SHEET_COLUMNS]]
        write_sheet(out / "sheet.jpg", shown)
