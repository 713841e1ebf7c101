"""The same scenes give the same records from one commit to the next, or the renderer's version rises.

The last bits of floats differ between processors: sums run in another order, exponentials are other polynomials, and
some labels then lie a step of the storage grid, or some edges a pixel, beside. So no bits are compared but, of each
field of each record, its mean, its spread and how many of its values there are, closely: a fifth of a millimetre, a
level of the image or a hundredth of one parameter moves them by more.

    python tests/recon/synthesis/test_golden.py  # writes tests/data/golden_records.json anew
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recon.faces.default import load_default
from recon.synthesis.record import Record
from recon.synthesis.render_record import RENDERER_VERSION, render_record
from recon.synthesis.scene import SceneConfig, draw_scene

KEPT = Path(__file__).parents[2] / "data/golden_records.json"
RECORDS, SIZE = 8, 64
CHANGED = "the records changed: raise RENDERER_VERSION and run `python tests/recon/synthesis/test_golden.py`"
NEAR = 2e-3  # of a field's spread: how far its mean and its spread may be off
PIXELS = 4 / SIZE**2  # share of values that may be there or not

Summary = dict[str, list[float]]  # field -> mean, spread, share of its values that are finite


def summary(record: Record) -> Summary:
    """Of every field but names: numbers in a scene's JSON are taken in its order."""
    found = {}
    for name, value in vars(record).items():
        if name == "model":
            continue
        values = numbers(json.loads(value)) if name == "scene" else value
        values = np.atleast_1d(np.asarray(values, np.float64))
        told = values[np.isfinite(values)]
        found[name] = [float(told.mean()), float(told.std()), len(told) / values.size]
    return found


def numbers(value: Any) -> list[float]:
    """All numbers in decoded JSON; of the small ones, which a mean would drown, the logarithm as well."""
    if isinstance(value, dict):
        return [number for name in sorted(value) for number in numbers(value[name])]
    if isinstance(value, list):
        return [number for each in value for number in numbers(each)]
    if not isinstance(value, int | float):
        return []
    return [float(np.arcsinh(value)), float(np.log(abs(value))) if value else 0.0]


def records() -> list[Record]:
    model = load_default()
    return [render_record(model, draw_scene(model, 0, index, SceneConfig()), SIZE) for index in range(RECORDS)]


def test_records_are_those_of_the_renderer_s_version() -> None:
    kept = json.loads(KEPT.read_text())
    assert kept["renderer"] == RENDERER_VERSION, CHANGED
    for one, record in zip(kept["records"], records(), strict=True):
        now = summary(record)
        assert now.keys() == one.keys(), CHANGED
        for name, (mean, spread, share) in one.items():
            near = NEAR * spread + 1e-6 * abs(mean)
            assert now[name][:2] == pytest.approx([mean, spread], abs=near), f"{name}: {CHANGED}"
            assert now[name][2] == pytest.approx(share, abs=PIXELS), f"{name}: {CHANGED}"


def test_a_small_change_is_seen() -> None:
    (record, *_) = records()
    one = summary(record)
    for name, by in (("position_mm", 0.2), ("normals", 0.005), ("rgb", 1), ("identity", 0.01), ("landmarks_px", 0.1)):
        moved = {**vars(record), name: getattr(record, name) + np.asarray(by, getattr(record, name).dtype)}
        mean, spread, _ = summary(Record(**moved))[name]
        assert max(abs(mean - one[name][0]), abs(spread - one[name][1])) > NEAR * one[name][1], name


if __name__ == "__main__":
    told = {"renderer": RENDERER_VERSION, "records": [summary(record) for record in records()]}
    KEPT.write_text(json.dumps(told, indent=1) + "\n")
