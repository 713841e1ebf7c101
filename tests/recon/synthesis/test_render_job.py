import dataclasses

import numpy as np
import pytest

from recon.errors import UserError
from recon.faces import load
from recon.synthesis import render_job as module
from recon.synthesis.produce import produce, read_manifest
from recon.synthesis.record import Record
from recon.synthesis.render_job import RenderJob
from recon.synthesis.render_record import RENDERER_VERSION, render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.schema import record_from_row
from recon.synthesis.shards import Rows

JOB = RenderJob(seed=3, size=32, scene=SceneConfig(yaw_max_deg=10))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("renders") / "made"
    produce(JOB, 2, out, workers=1)
    return out


def test_the_folder_holds_the_renders(folder):
    model = load("default")
    for index, row in enumerate(Rows(folder)):
        JOB.schema().check(row)
        read, rendered = record_from_row(row), render_record(model, draw_scene(model, 3, index, JOB.scene), 32)
        for field in dataclasses.fields(Record):
            np.testing.assert_array_equal(getattr(read, field.name), getattr(rendered, field.name), field.name)


def test_the_manifest_names_renderer_and_model(folder):
    manifest = read_manifest(folder)
    assert (manifest["renderer"], manifest["model"], manifest["kind"]) == (RENDERER_VERSION, "default", "render")


def test_shards_of_another_renderer_are_not_gone_on_with(folder, monkeypatch):
    monkeypatch.setattr(module, "RENDERER_VERSION", RENDERER_VERSION + 1)
    with pytest.raises(UserError, match=f"begun with renderer {RENDERER_VERSION}, not {RENDERER_VERSION + 1}"):
        produce(JOB, 3, folder, workers=1)
