import dataclasses
import json
from collections import Counter

import numpy as np
import pytest
from datasets import Value

from recon.errors import UserError
from recon.faces import load
from recon.people.hair.cuts import CUTS
from recon.people.wardrobe import DressConfig
from recon.synthesis.render_job import row_of
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.schema import (
    TRAITS,
    record_from_row,
    record_schema,
    row_from_record,
    row_from_traits,
    traits_from_row,
)
from recon.synthesis.shards import Rows, write_shard
from recon.synthesis.traits import Traits, traits_of
from tests.recon.synthesis.fake_records import TRAITS_OF_FAKE, fake_record


@pytest.fixture(scope="module")
def model():
    return load("default")


def drawn(model, count=40, **config):
    scenes = [draw_scene(model, 0, index, SceneConfig(**config)) for index in range(count)]
    return scenes, [traits_of(model, scene) for scene in scenes]


def test_every_trait_is_a_plain_column():
    assert [column.field for column in TRAITS] == [field.name for field in dataclasses.fields(Traits)]
    assert traits_from_row(row_from_traits(TRAITS_OF_FAKE)) == TRAITS_OF_FAKE
    with pytest.raises(UserError, match="no column person"):
        traits_from_row(row_from_record(fake_record(0)))


def test_they_are_those_of_the_scene(model):
    scenes, traits = drawn(model)
    for scene, told in zip(scenes, traits, strict=True):
        assert (told.yaw_deg, told.pitch_deg, told.roll_deg) == (scene.yaw_deg, scene.pitch_deg, scene.roll_deg)
        assert told.age == scene.skin.age and told.melanin == scene.appearance.melanin
        assert (told.glasses != "none") == (scene.dress.glasses is not None)
        assert (told.headwear != "none") == (scene.dress.headwear is not None)
        assert (told.thing != "none") == (scene.dress.thing is not None)
        assert told.hair == scene.dress.hair.cut and told.hair in CUTS
    assert len(Counter(told.beard for told in traits)) > 2


def test_who_has_no_strands_is_painted_and_smooth_skin_has_no_age(model):
    _, traits = drawn(model, dress=DressConfig(dressed=0), skin=0)
    assert {told.hair for told in traits} == {"painted", "bald"} and {told.beard for told in traits} == {
        "painted",
        "none",
    }
    assert all(np.isnan(told.age) for told in traits)
    assert row_from_traits(traits[0])["age"] is None


def test_smiles_and_open_mouths_follow_what_was_asked_for(model):
    _, still = drawn(model, smile=0, open_mouth=0)
    _, glad = drawn(model, smile=1)
    _, grins = drawn(model, grin=1)
    assert np.median([told.smile for told in still]) == 0 and max(told.open_mouth for told in still) == 0
    assert min(told.smile for told in glad) > 0.2 and min(told.smile for told in grins) > 0.4
    assert all(0 <= told.open_mouth <= 1.4 and 0 <= told.smile <= 1.4 for told in (*still, *glad, *grins))


def test_a_shard_holds_them_beside_the_record(model, tmp_path):
    scene = draw_scene(model, 0, 3, SceneConfig(skin=0))
    schema = record_schema(model)
    assert schema.features["yaw_deg"] == Value("float32") and schema.features["glasses"] == Value("string")
    write_shard(tmp_path / "a.parquet", schema, [row_of(model, scene, 32)])
    row = Rows([tmp_path / "a.parquet"]).row(0)
    assert row["age"] is None and row["yaw_deg"] == pytest.approx(scene.yaw_deg)
    assert json.loads(record_from_row(row).scene)["yaw_deg"] == scene.yaw_deg
