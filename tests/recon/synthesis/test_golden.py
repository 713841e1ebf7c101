"""The same scenes give the same records from one commit to the next, or the renderer's version rises.

The last bits of floats differ between processors: sums run in another order, exponentials are other polynomials. Some
labels in ten thousand then lie one step of the storage grid beside, so they are hashed in steps a thousand times as
coarse: noise of a ten-millionth of the face's shape moves none of them over an edge, while a change by a hundredth of
such a step moves hundreds. The image's pixels round, and pass through JPEG, in their own ways: their means are held.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest

from recon.faces.default import load_default
from recon.synthesis.record import Record
from recon.synthesis.render_record import RENDERER_VERSION, render_record
from recon.synthesis.scene import SceneConfig, draw_scene

VERSION, HASH = 4, "a902bf367d8f99ea"
MEANS = (  # levels of red, green and blue
    (147.05, 92.54, 131.86),
    (79.36, 64.93, 60.93),
    (157.81, 122.53, 124.92),
    (111.27, 101.77, 91.42),
    (115.0, 105.12, 108.95),
    (229.39, 205.73, 194.21),
    (179.59, 157.16, 140.74),
    (138.88, 128.26, 110.13),
)
SIZE = 64
CHANGED = "the records changed: raise RENDERER_VERSION and this hash together"

STEPS = {  # of each field that holds floats; fields of whole numbers and names are taken as they are
    **dict.fromkeys(("position_mm", "amodal_position_mm", "landmarks_mm", "vertices_mm", "origin_mm"), 8.0),
    **dict.fromkeys(("normals", "fine_normals", "correspondence", "amodal_correspondence", "uv"), 1 / 8),
    **dict.fromkeys(("landmarks_px", "focal_px", "centre_px", "translation_mm"), 1.0),
    **dict.fromkeys(("identity", "expression", "rotation"), 1e-3),
}


def digest(records: list[Record]) -> str:
    found = hashlib.sha256()
    for record in records:
        for name, value in vars(record).items():
            if name == "vertices_mm":
                value = value[::16]  # more would be moved over an edge by chance
            if name in STEPS:
                codes = np.rint(np.asarray(value, np.float64) / STEPS[name])
                value = np.where(np.isfinite(codes), codes, -(2**31)).astype(np.int32)
            elif name == "scene":
                value = json.dumps(rounded(json.loads(value)))
            if name != "rgb":
                found.update(
                    name.encode() + (value.tobytes() if isinstance(value, np.ndarray) else str(value).encode())
                )
    return found.hexdigest()[:16]


def rounded(value: Any) -> Any:
    """Decoded JSON with its floats to six figures."""
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return f"{value:.6g}" if isinstance(value, float) else value


def test_records_are_those_of_the_renderer_s_version() -> None:
    model = load_default()
    records = [render_record(model, draw_scene(model, 0, index, SceneConfig()), SIZE) for index in range(len(MEANS))]
    assert (RENDERER_VERSION, digest(records)) == (VERSION, HASH), CHANGED
    means = [record.rgb.mean((0, 1)) for record in records]
    assert np.array(means) == pytest.approx(np.array(MEANS), abs=0.02), CHANGED
