"""`synth2real match` end to end on renders for photos, and what it says when something is wrong."""

import pytest
from PIL import Image

from recon.configuration import read_config, write_config
from recon.faces import load
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from synth2real.cli import main

SIDE = 64
OFF = {"hair": 0, "brows": 0, "facial_hair": 0, "glasses": 0, "headwear": 0, "objects": 0}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """16 level, close faces for photos, and a scene without hair to begin from."""
    folder = tmp_path_factory.mktemp("match")
    (folder / "scene.yaml").write_text("calm: 0.9\ndress: {" + ", ".join(f"{k}: {v}" for k, v in OFF.items()) + "}\n")
    bare = read_config(SceneConfig, folder / "scene.yaml", {"eye_share": "0.33", "roll_sd_deg": "0.5"})
    (folder / "photos").mkdir()
    model = load("default")
    for index in range(16):
        record = render_record(model, draw_scene(model, 1, index, bare), SIDE)
        Image.fromarray(record.rgb).save(folder / "photos" / f"{index}.png")
    return folder


def arguments(folder, *more):
    paths = {"--photos": "photos", "--out": "new/matched.yaml", "--scene": "scene.yaml"}
    words = [word for option, name in paths.items() for word in (option, str(folder / name))]
    return ["match", *words, "--framing", "none", "--count", "16", "--rounds", "1", *more]


def test_the_command_writes_a_config_and_a_picture(workplace, monkeypatch, capsys):
    monkeypatch.setattr("synth2real.match.photos.SIZE", SIDE)
    assert main(arguments(workplace)) == 0
    config = read_config(SceneConfig, workplace / "new" / "matched.yaml")
    assert config.calm == 0.9 and config.dress.hair == 0
    assert 0.30 < config.eye_share < 0.36 and config.roll_sd_deg < 3
    assert sorted(path.name for path in (workplace / "new").iterdir()) == ["matched.png", "matched.yaml"]
    said = capsys.readouterr()
    assert "16 faces in 16 photos" in said.err and "renders after" in said.out
    write_config(config, workplace / "again.yaml")
    assert read_config(SceneConfig, workplace / "again.yaml") == config


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--photos", "/nowhere"], "/nowhere"),
        (["--network", "/nowhere.safetensors"], "/nowhere.safetensors"),
        (["--scene", "/nowhere.yaml"], "/nowhere.yaml"),
        (["--count", "3"], "--count must be from 16"),
        (["--rounds", "0"], "--rounds must be from 1"),
        (["--out", "config.txt"], "config.txt"),
        (["--out", "/proc/nowhere/a.yaml"], "/proc/nowhere can't be written"),  # said before any work
    ],
)
def test_mistakes_are_one_line_and_exit_2(workplace, capsys, more, said):
    assert main(arguments(workplace, *more)) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert said in lines[-1] and lines[-1].startswith("synth2real:")


def test_photos_without_faces_leave_nothing_behind(tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    assert main(["match", "--photos", str(tmp_path / "photos"), "--out", str(tmp_path / "out.yaml")]) == 2
    assert "holds no images" in capsys.readouterr().err
    for index in range(3):
        Image.new("RGB", (40, 40), (90 * index, 40, 40)).save(tmp_path / "photos" / f"{index}.png")
    words = ["--photos", str(tmp_path / "photos"), "--out", str(tmp_path / "out.yaml"), "--framing", "none"]
    assert main(["match", *words]) == 2
    assert "whole faces" in capsys.readouterr().err.splitlines()[-1]
    assert not list(tmp_path.glob("out*"))
