import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from recon.canvases.selection import EDGES, balanced, groups_of, is_clean, select_canvases
from recon.errors import UserError
from recon.faces import load
from recon.synthesis.canvas import Canvas, canvas, canvas_schema, canvases, row_from_canvas
from recon.synthesis.shards import shard_path, write_shard
from tests.recon.synthesis.fake_canvases import fake_canvas

MODEL = load("default")


def some(count: int, **changes: object) -> list[Canvas]:
    return [dataclasses.replace(fake_canvas(MODEL, number), **changes) for number in range(count)]


def folder_of(folder: Path, found: list[Canvas], size: int = 32) -> Path:
    write_shard(shard_path(folder, 0), canvas_schema(MODEL), map(row_from_canvas, found))
    said = {"kind": "canvases", "maker": 1, "model": "default", "size": size, "network": "n"}
    (folder / "manifest.json").write_text(json.dumps(said))
    return folder


def test_rare_groups_are_taken_as_often_as_common_ones() -> None:
    rng = np.random.default_rng(0)
    tones = np.concatenate([np.full(90, 0.25), np.full(10, 0.05)])
    found = [
        dataclasses.replace(one, tone=np.full(3, tone, np.float32), yaw_deg=float(rng.uniform(-15, 15)))
        for one, tone in zip(some(100), tones, strict=True)
    ]
    taken = balanced(found, 20)
    assert len(set(taken)) == 20 and 8 <= sum(place >= 90 for place in taken) <= 10
    assert balanced(found, 500) and len(balanced(found, 500)) == 100


def test_every_trait_is_in_one_group() -> None:
    groups = groups_of(fake_canvas(MODEL))
    assert [name for name, _ in groups] == list(EDGES)


def test_what_is_blurred_or_badly_lit_is_not_clean() -> None:
    one = dataclasses.replace(fake_canvas(MODEL), over=np.zeros((32, 32), np.uint8))
    assert is_clean(one)
    for change in ({"blur_px": 3.0}, {"noise": 0.1}, {"residual": 0.6}, {"over": np.full((32, 32), 255, np.uint8)}):
        assert not is_clean(dataclasses.replace(one, **change))


def test_only_what_is_free_is_bundled_and_no_photo_is_shown(tmp_path: Path) -> None:
    found = some(6)
    found[2] = dataclasses.replace(found[2], licence="CC BY 4.0")
    found[3] = dataclasses.replace(found[3], licence="")
    out = tmp_path / "out"
    assert select_canvases([folder_of(tmp_path / "all", found)], 160, out, ["fake_0"]) == 3
    assert canvases(out) == ("fake_1", "fake_4", "fake_5")
    assert [canvas(out, name).index for name in canvases(out)] == [0, 1, 2]
    assert "3 CC0-1.0" in (out / "README.md").read_text() and (out / "sheet.jpg").exists()
    with pytest.raises(UserError, match="holds files"):
        select_canvases([tmp_path / "all"], 160, out)


def test_folders_made_differently_are_refused(tmp_path: Path) -> None:
    folders = [folder_of(tmp_path / str(size), some(1), size) for size in (32, 64)]
    with pytest.raises(UserError, match="not canvases made alike"):
        select_canvases(folders, 10, tmp_path / "out")
    with pytest.raises(UserError, match="0 are free"):
        select_canvases([folder_of(tmp_path / "asking", some(2, licence="MIT"))], 10, tmp_path / "out")
