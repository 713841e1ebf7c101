from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from recon.evaluate.held_out import drawn_records
from recon.evaluate.results import read_result
from recon.faces import load
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
from recon.methods.pretrained import save_weights
from recon.synthesis.record import Record
from synth2real.cli import main
from synth2real.evaluate.assessment import geometry, independence_of, realism, translated_records
from synth2real.gan.generator import Generator, GeneratorConfig

SIZE = 32
BOX = np.array([[-75.0, -120.0, -50.0], [75.0, 70.0, 50.0]], np.float32)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    config = Pix2VertexConfig(size=SIZE, architecture="unet", outputs="joint", widths=(8, 8), norm="group", dropout=0.0)
    return config, Pix2Vertex(config)


@pytest.fixture(scope="module")
def records():
    return list(drawn_records(load("default"), 16, SIZE, seed=0))


def test_a_generator_that_changes_nothing_moves_nothing(network, records):
    moved = translated_records(records, Generator(GeneratorConfig(widths=(8, 8), head_width=4)))
    assert all(np.array_equal(a.rgb, b.rgb) for a, b in zip(records, moved, strict=True))
    figures = geometry(network[1], records, {"identity": moved}, BOX, {}, {}).figures
    assert [f.value for f in figures if not f.name.startswith("own_")] == pytest.approx([0.0, 0.0, 0.0], abs=1e-5)
    assert [f.value > 0 for f in figures if f.name in ("own_depth_mean_mm", "own_correspondence_mean_mm")] == [True] * 2


def card(network, weight=30.0):
    return {"inputs": {"geometry.network": network}, "experiment": {"geometry": {"weight": weight}}}


def test_what_is_said_of_the_judge_is_what_the_weights_say():
    judge = "0123456789abcdef" + 48 * "0"
    assert "was in no generator's loss" in independence_of(judge, {"a": card("f" * 16), "b": card(judge[:16], 0.0)})
    assert "itself in the loss of b" in independence_of(judge, {"a": card("f" * 16), "b": card(judge[:16])})
    assert "loss of a, c is not known" in independence_of(judge, {"a": {}, "b": card("f" * 16), "c": {"steps": 5600}})


def test_images_like_the_photos_are_told_from_them_less_than_the_renders(records, monkeypatch):
    monkeypatch.setattr("synth2real.evaluate.realism.STEPS", 30)
    random = np.random.default_rng(0)
    photos = random.integers(150, 256, (32, SIZE, SIZE, 3)).astype(np.uint8)
    dark = [record_with(r, random.integers(0, 60, (SIZE, SIZE, 3))) for r in records]
    bright = [record_with(r, random.integers(150, 256, (SIZE, SIZE, 3))) for r in records]
    figures = realism(dark, {"bright": bright}, photos, {}, {}).figures
    for view in ("whole image", "inner face"):
        shown = {figure.name: figure.value for figure in figures if figure.group == f"bright, {view}"}
        assert shown["renders"] > 0.8 and shown["translated"] < 0.75 and shown["recovered"] > 30


def record_with(record: Record, pixels: np.ndarray) -> Record:
    return replace(record, rgb=pixels.astype(np.uint8))


def drawn_of(configs, model, count, size, seed, config):
    configs.append(config)
    return drawn_records(model, count, size, seed, config)


def test_the_command_writes_results_and_a_sheet(network, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("synth2real.evaluate.realism.STEPS", 2)
    monkeypatch.setattr("recon.progress.EVERY_S", 0.0)
    _, judge = network
    save_weights(tmp_path / "judge.safetensors", judge)
    shape = GeneratorConfig(widths=(8, 8), head_width=4)
    save_weights(tmp_path / "plain.safetensors", Generator(shape))
    (tmp_path / "photos").mkdir()
    for index in range(16):
        Image.fromarray(np.full((SIZE, SIZE, 3), 8 * index, np.uint8)).save(tmp_path / "photos" / f"{index}.png")
    options = ["--photos", tmp_path / "photos", "--out", tmp_path / "out"]
    options += ["--generator", tmp_path / "plain.safetensors", "--count", 16, "--size", SIZE]
    assert main(["evaluate", *map(str, options)]) == 0
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"generator_realism.json", "sheet.png"}
    result, origin = read_result(tmp_path / "out" / "generator_realism.json")
    assert list(result.weights) == ["plain.safetensors"] and result.settings["photos"] == "photos"
    assert origin["command"].startswith("synth2real evaluate --photos photos --generator plain.safetensors --count 16")
    with Image.open(tmp_path / "out" / "sheet.png") as sheet:
        assert sheet.size == (8 * SIZE, 3 * SIZE)
    said, waiting = capsys.readouterr()
    assert all(f"\n{what}: " in f"\n{waiting}" for what in ("renders", "generators", "classifiers"))
    assert "recovered" in said and "*" in said and "of fewer than 64 values" in said
    (tmp_path / "scene.yaml").write_text("smile: 1\nyaw_max_deg: 5\n")
    options += ["--judge", tmp_path / "judge.safetensors", "--scene", tmp_path / "scene.yaml", "--yaw_max_deg", "7"]
    drawn = []
    monkeypatch.setattr("synth2real.evaluate.compare.drawn_records", lambda *given: drawn_of(drawn, *given))
    assert main(["evaluate", *map(str, options)]) == 0
    assert (drawn[0].smile, drawn[0].yaw_max_deg) == (1, 7)
    result, origin = read_result(tmp_path / "out" / "generator_realism.json")
    assert "--scene scene.yaml" in origin["command"] and origin["command"].endswith("--yaw_max_deg 7")
    geometry_json, values = (tmp_path / "out" / f"generator_geometry{end}.json" for end in ("", ".values"))
    assert values.exists() and set(read_result(geometry_json)[0].weights) == {"plain.safetensors", "judge.safetensors"}
    assert "loss of plain is not known" in capsys.readouterr().out
    assert main(["evaluate", *map(str, options), "--count", "3"]) == 2
    assert "--count must be from 16" in capsys.readouterr().err
    assert main(["evaluate", *map(str, options), "--smiel", "1"]) == 2
    assert "did you mean '--smile'?" in capsys.readouterr().err
