"""Every row of a dataset read: can it be, is it of the schema, are all there once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from recon.errors import UserError
from recon.progress import progress
from recon.synthesis.column import Schema
from recon.synthesis.shards import Rows, shards_in
from synth2real.dataset.checksums import name_in
from synth2real.dataset.verify.files import rows_of
from synth2real.dataset.verify.verdict import Finding, Verdict


@dataclass(frozen=True)
class Place:
    """Where a row stands."""

    file: Path
    row: int
    index: int


def check_rows(folder: Path, manifest: Mapping[str, Any], schema: Schema, verdict: Verdict) -> list[Place]:
    """Read every row: types, shapes, ranges, whose it is."""
    schema = Schema(schema.columns, {**schema.lengths, "S": int(manifest["size"])})
    kinds = schema.features.arrow_schema
    shards, places = shards_in(folder), []
    total = sum(rows_of(path) or 0 for path in shards)
    with progress("rows read", total) as counted:
        for path in shards:
            name = name_in(folder, path)
            if rows_of(path) is None:
                verdict.add(Finding(name, "can't be read: its end is missing or broken"))
                continue
            there = pq.read_schema(path)
            for kind in kinds:
                if kind.name in there.names and there.field(kind.name).type != kind.type:
                    text = f"the column {kind.name} is {there.field(kind.name).type}, not {kind.type}"
                    verdict.add(Finding(name, text))
            rows = Rows([path])
            for number in range(len(rows)):
                counted()
                place = _check_row(rows, number, manifest, schema, name, verdict)
                if place is not None:
                    places.append(place)
    return places


def _check_row(
    rows: Rows, number: int, manifest: Mapping[str, Any], schema: Schema, name: str, verdict: Verdict
) -> Place | None:
    try:
        row = rows.row(number)
    except UserError:
        verdict.add(Finding(name, "can't be read: the bytes of its group are broken", number))
        return None
    verdict.rows += 1
    index = row.get("index")
    try:
        schema.check(row)
        for key in ("seed", "model"):
            if row[key] != manifest[key]:
                raise UserError(f"the column {key} holds {row[key]!r}, the manifest {manifest[key]!r}")
    except UserError as error:
        verdict.add(Finding(name, str(error), number, index=index))
    return Place(rows.files[0], number, index) if isinstance(index, int) else None


def check_indices(folder: Path, manifest: Mapping[str, Any], places: list[Place], verdict: Verdict) -> None:
    """No index twice, none out of order; none missing where all must be there."""
    first: dict[int, Place] = {}
    for place in places:
        if place.index in first:
            before = first[place.index]
            text = f"the index stands in {name_in(folder, before.file)} row {before.row} already"
            verdict.add(Finding(name_in(folder, place.file), text, place.row, index=place.index))
        first.setdefault(place.index, place)
    for before, place in pairwise(places):
        if place.index < before.index:
            text = f"the index comes after {before.index}: the order is not kept"
            verdict.add(Finding(name_in(folder, place.file), text, place.row, index=place.index))
    if may_have_gaps(manifest):
        verdict.notes.append(
            f"{max(first, default=-1) + 1 - len(first)} indices below the last are not there: rejected or not selected;"
            " whether rightly is known of the rows made again alone"
        )
        return
    for before, after in pairwise([-1, *sorted(first)]):
        if after > before + 1:
            gap = f"index {before + 1} is" if after == before + 2 else f"indices {before + 1} to {after - 1} are"
            place = first[after]
            verdict.add(Finding(name_in(folder, place.file), f"{gap} missing before it", place.row, index=after))


def may_have_gaps(manifest: Mapping[str, Any]) -> bool:
    """Whether indices may be left out: images were rejected, or rows selected."""
    return manifest.get("max_drift_mm") is not None or "selected" in manifest
