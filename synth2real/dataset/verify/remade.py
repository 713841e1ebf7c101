"""Rows made again from their parameters, and compared with those that are stored, column by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recon.errors import UserError
from recon.progress import progress
from recon.synthesis.column import Column, Row
from recon.synthesis.job import BLOCK, Job, opened
from recon.synthesis.schema import COLUMNS, TRAITS
from recon.synthesis.shards import Rows
from synth2real.dataset.checksums import name_in
from synth2real.dataset.verify.rows import Place, may_have_gaps
from synth2real.dataset.verify.verdict import Finding, Verdict
from synth2real.dataset.where import Where

RENDERED = {column.name for column in (*COLUMNS, *TRAITS)}  # the same bits wherever they are made
# Of what networks made (images, drift): another processor sums in another order. On the same one the bits are the same.
LEVELS = 2  # of 8-bit pixels
RELATIVE, ABSOLUTE = 0.02, 0.02  # of numbers


def sampled(places: Sequence[Place], suspects: set[Path], sample: int, seed: int) -> list[int]:
    """The first indices of the blocks to make again: all of the suspects' rows, then any until `sample` rows are in."""
    order = np.random.default_rng(seed).permutation(len(places))
    wanted = [place for place in places if place.file in suspects]
    needed = max(sample, len(wanted))
    in_block = Counter(place.index // BLOCK for place in places)
    chosen: dict[int, None] = {}
    for place in [*wanted, *(places[i] for i in order)]:
        if sum(in_block[block] for block in chosen) >= needed:
            break
        chosen[place.index // BLOCK] = None
    return [block * BLOCK for block in chosen]


def check_remade(
    folder: Path, manifest: Mapping[str, Any], job: Job, blocks: list[int], places: list[Place], verdict: Verdict
) -> None:
    """Make the rows of these blocks again, and compare every column."""
    make, columns = opened(job.stages()), job.schema().columns
    there: dict[int, list[Place]] = {}
    for place in places:
        there.setdefault(place.index, []).append(place)
    keeps = _keeps(manifest, columns)
    last, loose, wrong = max(there), 0, len(verdict.wrong)
    with progress("blocks made again", len(blocks)) as counted:
        for start in blocks:
            for index, made in zip(range(start, start + BLOCK), make(range(start, start + BLOCK)).items, strict=True):
                stays = made is not None and keeps(made)
                if index not in there and index < last and stays and may_have_gaps(manifest):
                    text = f"index {index} is missing: made again, it is neither rejected nor left out"
                    verdict.add(Finding("data", text))
                for place in there.get(index, []):
                    loose += _check_against(folder, place, made if stays else None, columns, verdict)
            counted()
    if len(verdict.wrong) == wrong:
        networks = f", but {loose} values of networks (within {LEVELS} of 255 levels, {RELATIVE:.0%}, or {ABSOLUTE:g})"
        verdict.notes.append(f"made again, all columns are the same bit for bit{networks if loose else ''}")


def _check_against(folder: Path, place: Place, made: Row | None, columns: Sequence[Column], verdict: Verdict) -> int:
    """Compare one stored row with the one made again; the number of values that are within the tolerance alone."""
    name, loose = name_in(folder, place.file), 0
    verdict.remade += 1
    if made is None:
        verdict.add(Finding(name, "made again, it would be rejected or left out", place.row, index=place.index))
        return 0
    stored = Rows([place.file]).row(place.row)
    for column in columns:
        if column.name not in stored:
            continue  # said already
        try:
            difference = compare(column, stored, made)
        except UserError:
            continue  # said already
        loose += difference.within and not difference.bits
        if not difference.within:
            text = f"the column {column.name} {difference.text}"
            verdict.add(Finding(name, text, place.row, index=place.index))
    return loose


def _keeps(manifest: Mapping[str, Any], columns: Sequence[Column]) -> Callable[[Row], bool]:
    """Whether a row is among the selected ones, by its values as they are stored."""
    if "selected" not in manifest:
        return lambda row: True
    where = Where(manifest["selected"]["where"])
    codecs = {column.name: column.codec for column in columns if column.name in where.names}

    def keeps(row: Row) -> bool:
        return where(
            {name: row[name] if row[name] is None else codec.decode(row[name]) for name, codec in codecs.items()}
        )

    return keeps


@dataclass(frozen=True)
class Difference:
    """bits: whether they are the same to the last one. within: whether by the tolerances. text: how far apart."""

    bits: bool
    within: bool
    text: str = ""


SAME = Difference(True, True)


def compare(column: Column, stored: Row, made: Row) -> Difference:
    """One column of a stored row and of the same row made again."""
    there, again = (np.asarray(column.decode(row[column.name], {})) for row in (stored, made))
    if there.shape == again.shape and there.tobytes() == again.tobytes():
        return SAME
    if there.shape != again.shape or there.dtype.kind not in "uif":
        return Difference(False, False, f"is {_short(there)}, made again {_short(again)}")
    apart = np.abs(there.astype(np.float64) - again.astype(np.float64))
    limit = LEVELS if there.dtype == np.uint8 else ABSOLUTE + RELATIVE * np.abs(again.astype(np.float64))
    differs = there != again
    differs &= ~(_nan(there) & _nan(again))
    within = column.name not in RENDERED and bool(
        (apart[differs] <= np.broadcast_to(limit, apart.shape)[differs]).all()
    )
    if not there.ndim:
        return Difference(False, within, f"is {_short(there)}, made again {_short(again)}")
    most = np.nanmax(apart[differs], initial=0)
    return Difference(False, within, f"differs in {int(differs.sum())} of {there.size} values, by up to {most:.4g}")


def _nan(values: np.ndarray) -> np.ndarray:
    return np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, bool)


def _short(value: np.ndarray) -> str:
    if value.ndim:
        return f"of shape {value.shape}"
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:37]}...") if value.dtype.kind == "U" else f"{value.item():.6g}"
