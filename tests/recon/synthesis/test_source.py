from __future__ import annotations

import pickle
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from recon.errors import UserError
from recon.people.wardrobe import DressConfig
from recon.synthesis.produce import produce
from recon.synthesis.record import Record
from recon.synthesis.render_job import RenderJob
from recon.synthesis.scene import SceneConfig
from recon.synthesis.source import Drawn, SourceConfig, Stored, held_out_of, only, open_source

PLAIN = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0)
NAMES = ("rgb", "mask", "position_mm", "correspondence", "normals")
DRAWN = Drawn("default", PLAIN, seed=2, count=6, size=48)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("stored") / "renders"
    produce(RenderJob(2, 48, PLAIN), 6, out, 1)
    return out


def same(one: Record, other: Record) -> bool:
    pairs = ((getattr(one, field.name), getattr(other, field.name)) for field in fields(Record))
    return all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") if isinstance(a, np.ndarray) else a == b for a, b in pairs
    )


def test_a_stored_record_is_the_drawn_one(folder: Path) -> None:
    stored = Stored.at(folder)
    assert len(stored) == len(DRAWN) == 6
    for number in (5, 0, 3):
        for names in (NAMES, ("rgb", "vertices_mm", "landmarks_px")):
            assert same(stored.record(number, names), DRAWN.record(number, names))
    record = stored.record(1, NAMES)
    assert record.rgb.shape == (48, 48, 3) and not record.vertices_mm.size and record.origin_mm.shape == (3,)


def test_sources_travel_to_workers(folder: Path) -> None:
    for source in (DRAWN, Stored.at(folder)):
        assert same(pickle.loads(pickle.dumps(source)).record(2, NAMES), DRAWN.record(2, NAMES))


def test_a_part_of_the_rows(folder: Path) -> None:
    part = open_source("part", SourceConfig(dataset=str(folder), first=2, last=5), 48, 0, None, 1)
    assert len(part) == 3 and part.record(0, NAMES).index == 2
    assert part.key() != Stored.at(folder).key() and Stored.at(folder).key() == Stored.at(folder).key()


def test_a_cache_is_a_dataset_drawn_once(tmp_path: Path) -> None:
    config = SourceConfig(scene=PLAIN, seed=2, count=3)
    first = open_source("faces", config, 48, 0, tmp_path, 1)
    (made,) = tmp_path.iterdir()
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*.parquet")}
    again = open_source("faces", replace(config, count=2), 48, 0, tmp_path, 1)
    assert before == {path: path.stat().st_mtime_ns for path in made.rglob("*.parquet")}
    assert len(first) == 3 and len(again) == 2 and same(again.record(1, NAMES), DRAWN.record(1, NAMES))
    open_source("faces", replace(config, scene=replace(PLAIN, smile=1.0), count=1), 48, 0, tmp_path, 1)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_limit_leaves_turned_heads_out() -> None:
    limited = replace(DRAWN, count=40).within(10)
    assert limited.chosen is not None and 0 < len(limited) < 40
    record = limited.record(len(limited) - 1, NAMES)
    assert record.index == limited.chosen[-1]
    assert DRAWN.within(90) is DRAWN


def test_only_keeps_what_is_named() -> None:
    record = DRAWN.record(0, NAMES)
    assert not record.uv.size and record.uv.dtype == np.float32
    assert same(only(record, NAMES), record)


def test_held_out_scenes_are_of_another_seed() -> None:
    config = held_out_of({"mine": SourceConfig(dataset="x"), "faces": SourceConfig(scene=PLAIN)}, 5, 32)
    assert config.seed == 1_000_008 and config.count == 32 and config.scene == PLAIN
    with pytest.raises(UserError, match="no source is drawn"):
        held_out_of({"mine": SourceConfig(dataset="x")}, 5, 32)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (SourceConfig(), "source 'faces' needs either a scene or a dataset"),
        (SourceConfig(scene=PLAIN, dataset="x"), "source 'faces' needs either a scene or a dataset"),
        (SourceConfig(scene=PLAIN, count=0), "source 'faces' holds no records"),
        (SourceConfig(dataset="no/where/at/all"), "there is no dataset folder no/where/at/all"),
        (SourceConfig(dataset="nobody/nothing"), "there is no dataset nobody/nothing, neither here nor on the Hub"),
    ],
)
def test_what_can_not_be_opened(config: SourceConfig, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        open_source("faces", config, 48, 0, None, 1)


def test_rows_that_are_not_there(folder: Path) -> None:
    with pytest.raises(UserError, match="holds rows 0 to 5: 4 to 8 are not among them"):
        Stored.at(folder, first=4, last=9)
