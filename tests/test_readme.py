"""Every command of the README is run, made small by options added at its end."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from datasets import load_dataset
from PIL import Image

from recon import reconstruct
from recon.cli import main as recon
from recon.faces import load
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.schema import record_from_row
from synth2real.cli import main as synth2real

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
HELD_OUT = "{scene: configs/scenes/painted.yaml, count: 8, seed: 9}"
SMALLER = {
    "synth2real generate": ["--count", "3", "--workers", "1"],
    "synth2real render": ["--count", "3", "--size", "64"],
    "synth2real train": ["--steps", "2", "--sources.renders.count", "24", "--held_out", "4", "--batch", "2"],
    "synth2real evaluate": ["--count", "16", "--size", "64"],
    "synth2real match": ["--count", "16", "--rounds", "1", "--framing", "none"],
    "recon train": ["--stages", "[{steps: 2}]", "--batch_size", "4", "--held_out", HELD_OUT],
    "recon textures": [],
    "recon evaluate renders": ["--count", "2"],
    "recon reconstruct": ["--no_detail"],
}
PROGRAMS = {"recon": recon, "synth2real": synth2real}


def commands() -> list[str]:
    return re.findall(r"`((?:synth2real|recon) [a-z][^`]*--[^`]*)`", README)


def test_the_readme_names_every_command_and_files_that_exist():
    assert {key for key in SMALLER if any(c.startswith(key) for c in commands())} == set(SMALLER)
    for path in re.findall(r"`((?:configs|data|scripts|recon|synth2real)/[\w/.]+)`|\]\((\w[\w/.]+)\)", README):
        assert (ROOT / "".join(path)).exists(), path
    for path in re.findall(r"^    (scripts/\w+)", README, re.MULTILINE):
        assert (ROOT / path).stat().st_mode & 0o100, path


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Renders stand in for photos: the bundled network sees a face in each."""
    folder, model = tmp_path_factory.mktemp("photos"), load("default")
    for index in range(40):
        scene = draw_scene(model, 3, index, SceneConfig(yaw_max_deg=10.0))
        Image.fromarray(render_record(model, scene, 128).rgb).save(folder / f"{index}.png")
    return folder


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """A dataset that stands in for the first command's."""
    out = tmp_path_factory.mktemp("made") / "faces"
    assert synth2real(["generate", "--count", "4", "--size", "64", "--workers", "1", "--out", str(out)]) == 0
    return out


@pytest.mark.slow
@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_readme_runs(command, photos, faces, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("synth2real.evaluate.realism.STEPS", 2)
    key = next(key for key in SMALLER if command.startswith(key))
    command = (
        command.replace("DIR", str(photos))
        .replace("photo.jpg", str(photos / "0.png"))
        .replace("FILE", "data/weights/pix2vertex.safetensors")
        .replace("dataset faces", f"dataset {faces}")
    )
    words = [str(ROOT / word) if word.startswith("data/") else word for word in shlex.split(command)]
    assert PROGRAMS[words[0]]([*words[1:], *SMALLER[key]]) == 0


@pytest.mark.slow
def test_python_makes_a_mesh_as_the_readme_says(photos):
    face = reconstruct(str(photos / "0.png"))[0]
    assert face.detail.vertices.shape == (len(face.uv), 3) and face.detail.triangles.max() < len(face.uv)
    assert face.texture.dtype == np.uint8 and len(face.vertices) == len(load("default").mean)
    assert face.registration.history[-1].matches > 500 and face.detail.displacement_mm.any()


@pytest.mark.slow
def test_a_dataset_is_read_as_the_readme_says(tmp_path):
    out = tmp_path / "faces"
    assert synth2real(["generate", "--count", "2", "--size", "64", "--workers", "1", "--out", str(out)]) == 0
    cache = str(tmp_path / "cache")
    faces = load_dataset("parquet", data_files=str(out / "data" / "*.parquet"), split="train", cache_dir=cache)
    face = faces[0]
    record = record_from_row(face)
    codes = np.asarray(face["depth"]).astype(np.float32)
    depth = np.where(codes == 0, np.nan, (codes - 32768) / 128)
    assert np.array_equal(depth, record.depth_mm, equal_nan=True)
    assert face["image"].size == face["render"].size == (64, 64)
    assert face["drift_mm"] >= 0 and face["drift_px"] >= 0
