"""The documents say what is so: each command is one that the program takes, the files that are named exist, and the
commands of README.md, docs/training.md and the weights' cards run, made small by options added at their end, and so do
the blocks of Python.

Not run, only read by the real parser: docs/results.md's commands, which need evaluation data and hours. Of scripts/ it
is checked that they are there and know the options; running them would set up an environment."""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image

from recon.cli import COMMANDS as RECON
from recon.cli import main as recon
from recon.cli.program import Command
from recon.cli.words import read_words
from recon.configuration import from_words, read_config
from recon.configuration.keys import child
from recon.faces import load
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.schema import record_from_row
from recon.train.experiment import read_experiment
from synth2real.cli import COMMANDS as SYNTH2REAL
from synth2real.cli import main as synth2real
from tests.documents import PLACES, ROOT, commands_in, python_in, text_of

MAIN = {"recon": recon, "synth2real": synth2real}
KNOWN = {"recon": RECON, "synth2real": SYNTH2REAL}
HELD_OUT = "{scene: configs/scenes/painted.yaml, count: 8, seed: 9}"
SMALLER = {
    "synth2real generate": ["--count", "3", "--workers", "1"],
    "synth2real render": ["--count", "3", "--size", "64"],
    "synth2real verify": [],
    "synth2real select": ["--where", "yaw_deg < 90"],
    "synth2real publish": ["--dry-run"],
    "synth2real train": ["--steps", "2", "--sources.renders.count", "24", "--held_out", "4", "--batch", "2"],
    "synth2real evaluate": ["--count", "16", "--size", "64"],
    "synth2real feedback": [
        *("--changes", "{network.size: 64, sources.faces.count: 16, stages: [{steps: 2}], batch_size: 4}"),
        *("--arms", "{renders: {}, held: {generator: bundled}}", "--against", "[renders]", "--workers", "1"),
        *("--scores", "{drawn: {protocol: renders, settings: {size: 64, count: 8}}}"),
    ],
    "synth2real canvases": ["--workers", "1", "--size", "96"],
    "synth2real match": ["--count", "16", "--rounds", "1", "--framing", "none"],
    "recon train": ["--stages", "[{steps: 2}]", "--batch_size", "4", "--held_out", HELD_OUT],
    "recon textures": [],
    "recon learn-textures": ["--workers", "1"],
    "recon animate": [],
    "recon fit": [],
    "recon evaluate renders": ["--count", "2"],
    "recon reconstruct": ["--no_detail"],
    "recon view": [],
}
SLOW_BY_PHOTO = ("synth2real canvases", "recon learn-textures")
CACHED = ["--sources", "{painted: {scene: configs/scenes/painted.yaml, count: 8}}"]  # a cache draws all of a source
RUN = [
    command
    for place in ("README.md", "docs/training.md", "data/weights/README.md")
    for command in commands_in(place)
    if any(command.startswith(f"{key} ") for key in SMALLER)
]


def told(place: str) -> list[tuple[str, str]]:
    return [(place, command) for command in commands_in(place)]


def command_of(words: list[str]) -> tuple[Command, list[str]] | None:
    """The command that they call and the words after it; None for the name of several (`recon evaluate`)."""
    for length in (3, 2):
        if (name := " ".join(words[1:length])) in KNOWN[words[0]]:
            return KNOWN[words[0]][name], words[length:]
    assert any(name.startswith(f"{' '.join(words[1:])} ") for name in KNOWN[words[0]]), words
    return None


@pytest.mark.parametrize(("place", "command"), [pair for place in (*PLACES, "docs/tour.ipynb") for pair in told(place)])
def test_a_command_is_one_that_the_program_takes(place: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(command) + (["--out", "results"] if place == "docs/results.md" else [])  # which it leaves out
    for path in re.findall(r"(?:^|[ :=])((?:configs|data|scripts)/[\w/.-]+)", command):
        assert (ROOT / path).exists(), f"{place} names {path}"
    if "scripts/" in command:
        script = next(word for word in words if word.startswith("scripts/"))
        text = (ROOT / script).read_text()
        assert all(f'"{word}"' in text for word in words if word.startswith("--")) or words[1:] == ["--slow"], place
        assert words[0] == "python" or (ROOT / script).stat().st_mode & 0o100
        return
    called = command_of(words)
    if called is None or len(command.split()) == 2:
        return
    module: Any = importlib.import_module(called[0].module)
    settings = module.settings(*called[0].told) if hasattr(module, "settings") else None
    given, overrides = read_words(called[1], module.Options, settings, place)
    options = from_words(module.Options, given)
    if settings is None:
        return
    files = (getattr(options, name, None) for name in ("experiment", "config", "scene"))
    file = next((file for file in files if file and file.name != "FILE"), None)
    if file and called[0].module == "recon.commands.train":  # of which each names its method
        read_experiment(file, overrides)
    else:
        read_config(settings, file, overrides)


@pytest.mark.parametrize("place", PLACES)
def test_an_option_that_is_named_is_one_of_some_command(place: str) -> None:
    known = []
    for command in [*RECON.values(), *SYNTH2REAL.values()]:
        module: Any = importlib.import_module(command.module)
        known += [module.Options, *([module.settings(*command.told)] if hasattr(module, "settings") else [])]
    scripts = "".join(path.read_text() for path in (ROOT / "scripts").iterdir() if path.is_file())
    for option in re.findall(r"`[^`\n]*?--(\w[\w.]*)", text_of(place)):
        if option in ("key", "help", "version", "slow") or f'"--{option}"' in scripts:
            continue
        assert any(holds(hint, option.split(".")) for hint in known), f"{place}: --{option}"


def holds(hint: Any, keys: list[str]) -> bool:
    for key in keys:
        hint = child(hint, key) if hint is not None else None
    return hint is not None


@pytest.mark.parametrize("place", PLACES)
def test_files_that_are_named_exist(place: str) -> None:
    text = text_of(place)
    for path in re.findall(r"`((?:configs|data|scripts|recon|synth2real|docs|tests)/[\w/.]+)`", text):
        assert (ROOT / path).exists(), f"{place} names {path}"
    for path in re.findall(r"\]\((?!https?:)([\w./-]+)", text):
        assert ((ROOT / place).parent / path).exists(), f"{place} links {path}"


def test_the_readme_is_short_and_names_every_command() -> None:
    text, commands = text_of("README.md"), commands_in("README.md")
    assert text.count("\n") <= 90
    names = {f"{program} {name.split()[0]}" for program, known in KNOWN.items() for name in known}
    assert {" ".join(command.split()[:2]) for command in commands} >= names
    assert {key for key in SMALLER if any(command.startswith(key) for command in commands)} == set(SMALLER)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Renders stand in for photos: the bundled network sees a face in each."""
    folder, model = tmp_path_factory.mktemp("photos"), load("default")
    for index in range(40):
        scene = draw_scene(model, 3, index, SceneConfig(yaw_max_deg=10.0))
        Image.fromarray(render_record(model, scene, 128).rgb).save(folder / f"{index}.png")
    return folder


@pytest.fixture(scope="module")
def few(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight of them."""
    folder = tmp_path_factory.mktemp("few")
    for index in range(8):
        (folder / f"{index}.png").symlink_to(photos / f"{index}.png")
    return folder


def tree_of(photos: Path, folder: Path) -> Path:
    """The photos as those of two people."""
    for number, file in enumerate(sorted(photos.iterdir())):
        place = folder / "ab"[number % 2] / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(file.resolve())
    return folder


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset that stands in for the first command's."""
    out = tmp_path_factory.mktemp("made") / "faces"
    assert synth2real(["generate", "--count", "4", "--size", "64", "--workers", "1", "--out", str(out)]) == 0
    return out


@pytest.fixture
def workplace(photos: Path, faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the documents take for granted: what an earlier command of them made, a photo."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo_out").symlink_to(faces)
    (tmp_path / "faces").symlink_to(faces)
    (tmp_path / "photo.jpg").symlink_to(photos / "0.png")
    (tmp_path / "meshes" / "photo").mkdir(parents=True)
    trimesh.creation.box().export(tmp_path / "meshes" / "photo" / "mesh.obj")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("command", RUN)
def test_a_command_runs(
    command: str, workplace: Path, photos: Path, few: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synth2real.evaluate.realism.STEPS", 2)
    key = next(key for key in SMALLER if command.startswith(key))
    if "--out faces" in command:
        (workplace / "faces").unlink()
    words = [str(ROOT / word) if word.startswith("data/") else word for word in shlex.split(command)]
    given = {"DIR": str(few if key in SLOW_BY_PHOTO else photos), "TREE": str(tree_of(few, workplace / "people"))}
    words = [given.get(word, word) for word in words]
    words += SMALLER[key] + (CACHED if key == "recon train" and "--cache" in words else [])
    if key != "recon view":
        assert MAIN[words[0]](words[1:]) == 0
        return
    shown: list[str] = []
    scene = SimpleNamespace(set_up_direction=shown.append, add_mesh_trimesh=lambda name, mesh: shown.append(name))
    monkeypatch.setitem(sys.modules, "viser", SimpleNamespace(ViserServer=lambda port: SimpleNamespace(scene=scene)))
    monkeypatch.setattr("recon.reconstruction.viewer.time.sleep", interrupt)
    assert MAIN[words[0]](words[1:]) == 130 and shown == ["+y", "/face"]


def interrupt(seconds: float) -> None:
    raise KeyboardInterrupt


@pytest.mark.slow
def test_the_readmes_python_runs(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", workplace / "cache")
    (block,) = python_in("README.md")
    made: dict[str, Any] = {}
    exec(block, made)
    face, mesh = made["face"], made["mesh"]
    assert face["image"].size == face["render"].size == (64, 64)
    assert face["drift_mm"] >= 0 and face["drift_px"] >= 0
    codes = np.asarray(face["depth"]).astype(np.float32)
    depth = np.where(codes == 0, np.nan, (codes - 32768) / 128)
    assert np.array_equal(depth, record_from_row(face).depth_mm, equal_nan=True)
    assert mesh.detail.vertices.shape == (len(mesh.uv), 3) and mesh.detail.triangles.max() < len(mesh.uv)
    assert mesh.texture.dtype == np.uint8 and len(mesh.vertices) == len(load("default").mean)
    assert mesh.registration.history[-1].matches > 500 and mesh.detail.displacement_mm.any()


@pytest.mark.slow
def test_the_datasets_python_runs(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", workplace / "cache")
    made: dict[str, Any] = {}
    for block in python_in("docs/dataset.md"):
        exec(block, made)
    batch, first, record = made["batch"], made["rows"].row(3), made["record"]
    assert batch["rgb"].shape == (3, 3, 64, 64) and 0 <= batch["rgb"].min() < batch["rgb"].max() <= 1
    assert batch["depth_mm"].shape == (3, 64, 64) and batch["depth_mm"].isnan().any()
    record_0 = record_from_row(made["rows"].row(0))
    assert np.array_equal(made["depth_mm"], record_0.depth_mm, equal_nan=True)
    assert np.nanmax(abs(made["normal_x"])) <= 1 and 0 <= np.nanmin(made["place_x"]) < np.nanmax(made["place_x"]) <= 1
    assert np.isfinite(made["place_x"]).any()
    assert first["index"] == 3 and np.array_equal(made["light"].rgb, record.rgb) and not made["light"].position_mm.size
