"""Skin up close in whole records: switched off it changes nothing, its label is what is shaded, age roughens it."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from recon.faces import load
from recon.faces.model import REGIONS
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.schema import record_from_row, record_schema, row_from_record, row_from_traits
from recon.synthesis.shards import Rows, write_shard
from tests.recon.synthesis.fake_records import TRAITS_OF_FAKE

SIZE = 96


@pytest.fixture(scope="module")
def model():
    return load("default")


@pytest.fixture(scope="module")
def scene(model):
    drawn = draw_scene(model, 5, 3, SceneConfig())
    return replace(drawn, eye_share=0.4, expression=np.zeros_like(drawn.expression))


@pytest.fixture(scope="module")
def record(model, scene) -> Record:
    return render_record(model, scene, SIZE)


def slopes(record: Record) -> np.ndarray:
    """Angle in degrees between smooth and fine normals on the face's skin."""
    skin = record.mask & (record.region == REGIONS.index("skin"))
    cosine = (record.normals[skin] * record.fine_normals[skin]).sum(-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def test_the_switch_is_of_the_skin_alone(model) -> None:
    on, off = (draw_scene(model, 5, 3, SceneConfig(skin=share)) for share in (1.0, 0.0))
    assert off.skin is None and on.skin is not None
    for field in fields(on):
        if field.name != "skin":
            assert str(getattr(on, field.name)) == str(getattr(off, field.name))
    ages = [one.skin.age for one in (draw_scene(model, 5, k, SceneConfig(skin=0.5)) for k in range(80)) if one.skin]
    assert 25 < len(ages) < 55 and len(set(ages)) == len(ages)


def test_fine_normals_are_unit_and_the_smooth_ones_off_the_skin(record) -> None:
    seen = np.isfinite(record.depth_mm)
    assert np.array_equal(seen, np.isfinite(record.fine_normals).all(-1))
    assert np.abs(np.linalg.norm(record.fine_normals[seen], axis=-1) - 1).max() < 1e-3
    eyes = record.region == REGIONS.index("eyes")
    assert eyes.sum() > 20 and np.abs(record.fine_normals - record.normals)[eyes].mean() < 1e-3
    assert 0.3 < slopes(record).mean() < 12


def test_without_skin_labels_stay_and_fine_normals_are_the_normals(model, scene, record) -> None:
    smooth = render_record(model, replace(scene, skin=None), SIZE)
    assert np.array_equal(smooth.fine_normals, smooth.normals, equal_nan=True)
    for field in fields(Record):
        if field.name not in ("rgb", "fine_normals", "scene"):
            assert str(getattr(smooth, field.name)) == str(getattr(record, field.name))
            assert np.array_equal(
                getattr(smooth, field.name),
                getattr(record, field.name),
                equal_nan=(np.asarray(getattr(record, field.name)).dtype.kind == "f"),
            )
    assert not np.array_equal(smooth.rgb, record.rgb)


def test_age_raises_the_slope(model, scene, record) -> None:
    young, old = (render_record(model, replace(scene, skin=replace(scene.skin, age=age)), SIZE) for age in (20.0, 80.0))
    assert np.square(slopes(old)).mean() > 1.3 * np.square(slopes(young)).mean()


def test_a_record_with_skin_survives_its_shard(tmp_path, model, record) -> None:
    write_shard(
        tmp_path / "a.parquet", record_schema(model), [row_from_record(record) | row_from_traits(TRAITS_OF_FAKE)]
    )
    (read,) = map(record_from_row, Rows([tmp_path / "a.parquet"]))
    assert read.fine_normals.tobytes() == record.fine_normals.tobytes()
    assert read.scene == record.scene and '"age"' in read.scene
