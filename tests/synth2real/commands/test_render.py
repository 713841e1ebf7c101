import dataclasses
import json
import socket
import threading
from typing import Any

import numpy as np
import pytest
from datasets import load_dataset

from recon.errors import UserError
from recon.faces import load
from recon.render import second
from recon.synthesis import engines
from recon.synthesis.render_job import RENDERER_VERSION
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.schema import COLUMNS, record_from_row
from recon.synthesis.shards import Rows
from synth2real.cli import main

COUNT, SIZE, SEED = 9, 32, 5
OPTIONS = ["render", "--count", str(COUNT), "--size", str(SIZE), "--seed", str(SEED), "--yaw_max_deg", "15"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("render") / "made"
    assert main([*OPTIONS, "--out", str(out), "--workers", "2"]) == 0
    return out


def assert_same(a, b):
    for field in dataclasses.fields(a):
        left, right = getattr(a, field.name), getattr(b, field.name)
        if isinstance(left, np.ndarray):
            assert (left.dtype, left.shape, left.tobytes()) == (right.dtype, right.shape, right.tobytes()), field.name
        else:
            assert left == right, field.name


def test_each_record_is_the_render_of_its_seed_and_index(made):
    model, config = load("default"), SceneConfig(yaw_max_deg=15)
    records = list(map(record_from_row, Rows(made)))
    assert [record.index for record in records] == list(range(COUNT))
    for record in records[:: COUNT - 1]:  # of two blocks
        assert_same(record, render_record(model, draw_scene(model, SEED, record.index, config), SIZE))


def test_load_dataset_reads_the_folder(made, tmp_path):
    rows: Any = load_dataset("parquet", data_files=f"{made}/data/*.parquet", split="train", cache_dir=str(tmp_path))
    for row, record in zip(rows, map(record_from_row, Rows(made)), strict=True):
        assert_same(record_from_row(row), record)


def test_what_comes_with_the_shards(made):
    assert {path.name for path in made.iterdir()} == {
        "README.md",
        "checksums.json",
        "data",
        "gallery",
        "index.html",
        "manifest.json",
        "sheet.jpg",
        "template.npz",
    }
    with np.load(made / "template.npz") as template:
        vertices = record_from_row(Rows(made).row(0)).vertices_mm
        assert template["triangles"].max() < len(vertices) == len(template["uv"])
    manifest = json.loads((made / "manifest.json").read_text())
    assert (manifest["scene"]["yaw_max_deg"], manifest["renderer"]) == (15, RENDERER_VERSION)
    assert manifest["model"] == record_from_row(Rows(made).row(0)).model
    card = (made / "README.md").read_text()
    assert "exact for `render`" in card and "drift" not in card and "Needs `datasets` 4 or newer" in card
    assert all(f"| {column.name} | {column.codec.stored} |" in card for column in COLUMNS)
    assert "15 degrees" in card and "20 % have glasses" in card


def test_going_on_with_other_options_is_refused(made, capsys):
    assert main([*OPTIONS, "--out", str(made), "--seed", "6"]) == 2
    assert "begun with seed 5, not 6" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--count", "0"], "--count must be from 1"),
        (["--count", "-3"], "--count must be"),
        (["--count", "many"], "--count must be int, not 'many'"),
        (["--size", "8"], "--size must be from 32 to 1024, not 8"),
        (["--size", "5000"], "--size must be"),
        (["--workers", "0"], "--workers must be from 1"),
        (["--engine", "ray", "--workers", "2"], "--workers is for --engine local"),
        (["--engine", "dask"], "--engine must be local or ray"),
        (["--address", "10.0.0.1:6379"], "--address is of a Ray cluster"),
        (["--seed", "-1"], "--seed must be from 0"),
        (["--yaw_max", "3"], "yaw_max_deg"),
        (["--scene", "missing.yaml"], "missing.yaml"),
        (["--model", "flame"], "give flame:PATH"),
        (["--model", "flame:/nowhere"], "there is no /nowhere"),
    ],
)
def test_bad_options_are_one_line_and_code_2(tmp_path, capsys, options, said):
    assert main(["render", "--count", "1", "--out", str(tmp_path / "out"), *options]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:1", "no Ray cluster answers at --address 127.0.0.1:1"),
        ("127.0.0.1:99999", "no Ray cluster answers"),
        ("ray://127.0.0.1:10001", "is not HOST:PORT"),
        ("127.0.0.1", "is not HOST:PORT"),
    ],
)
def test_an_address_where_no_cluster_answers(tmp_path, capsys, address, said):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'synth2real[ray]'")
    words = ["render", "--count", "1", "--out", str(tmp_path / "out"), "--engine", "ray", "--address", address]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_address_where_something_else_answers(tmp_path, capsys):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'synth2real[ray]'")

    def answer(server):
        with server.accept()[0] as connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        words = ["render", "--count", "1", "--out", str(tmp_path / "out"), "--engine", "ray", "--address", address]
        assert main(words) == 2
    assert "no Ray cluster answers" in capsys.readouterr().err


def test_ray_that_is_not_installed(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    assert main(["render", "--count", "1", "--out", str(tmp_path / "out"), "--engine", "ray"]) == 2
    assert "pip install 'synth2real[ray]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_a_file(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("precious")
    assert main(["render", "--count", "1", "--out", str(tmp_path / "thesis.txt")]) == 2
    assert main(["render", "--count", "1", "--out", str(tmp_path / "thesis.txt" / "deeper")]) == 2
    assert main(["render", "--count", "1", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 3
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_an_output_that_cannot_be_written(capsys):
    assert main(["render", "--count", "1", "--out", "/proc/nowhere"]) == 2  # not even root may make it
    error = capsys.readouterr().err
    assert "/proc/nowhere can't be written" in error and error.count("\n") == 1


def test_pyrender_draws_the_colours_and_the_manifest_says_so(made, tmp_path, capsys):
    try:
        second.renderer()
    except UserError as reason:
        pytest.skip(f"no second renderer here: {reason}")
    words = [*OPTIONS, "--out", str(tmp_path / "other"), "--workers", "1", "--count", "2"]
    assert main([*words, "--renderer", "pyrender"]) == 0
    assert json.loads((tmp_path / "other/manifest.json").read_text())["colours"] == second.version()
    assert "colours" not in json.loads((made / "manifest.json").read_text())
    for ours, other in zip(Rows(made), Rows(tmp_path / "other"), strict=False):
        assert {name for name in ours if not np.array_equal(ours[name], other[name])} == {"render"}
    assert main(words) == 2
    assert "was begun with colours" in capsys.readouterr().err
