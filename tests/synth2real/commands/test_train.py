"""`synth2real train` end to end on a few renders and made-up photos, and what it says when something is wrong."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from recon.files import only_run_in
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
from recon.methods.pretrained import save_weights
from synth2real.cli import main
from synth2real.gan.experiment import read_gan_experiment
from synth2real.gan.generator import Generator

SMALL = """
size: 32
batch: 2
steps: 3
precision: "no"
held_out: 2
evaluate_every: 3
generator: {widths: [8, 16], head_width: 8}
discriminator: {width: 8, strides: 2}
sources:
  renders: {scene: configs/synth2real/scene.yaml, count: 8, yaw_limit_deg: 20}
photos: {framing: none, without_glasses: false}
"""


@pytest.fixture
def workplace(tmp_path):
    """A config, five photos (one broken) and the weights of a small untrained network."""
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "photos").mkdir()
    for i in range(4):
        pixels = np.random.default_rng(i).integers(0, 255, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{i}.png")
    (tmp_path / "photos" / "broken.jpg").write_text("not an image")
    torch.manual_seed(0)
    config = Pix2VertexConfig(outputs="joint", size=32, widths=(16, 16), norm="group", dropout=0.0)
    save_weights(tmp_path / "network.safetensors", Pix2Vertex(config))
    return tmp_path


def arguments(folder, *more):
    paths = {"--photos.folder": "photos", "--out": "run", "--geometry.network": "network.safetensors"}
    words = [word for option, name in paths.items() for word in (option, str(folder / name))]
    return ["train", str(folder / "small.yaml"), *words, "--cache", str(folder / "cache"), *more]


def test_a_short_run_end_to_end(workplace, monkeypatch, capsys):
    monkeypatch.setattr(
        "synth2real.photos.upright.reason_against_crop", lambda *given: None
    )  # the network knows no faces yet
    assert main(arguments(workplace)) == 0
    run = workplace / "run"
    assert isinstance(Generator.from_pretrained(run / "generator.safetensors"), Generator)
    card = Generator.from_pretrained(run / "generator.safetensors").card
    assert card["steps"] == 3 and len(card["inputs"]["geometry.network"]) == 16
    assert (run / "experiment.yaml").is_file() and list((run / "sheets").glob("*.png"))
    assert "broken.jpg" in (run / "skipped.txt").read_text()
    assert "4 photos, 1 skipped" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--generater.widths", "3"], "generator"),
        (["--photos.folder", "/nowhere"], "/nowhere"),
        (["--photos.folder", "null"], "give --photos.folder DIR"),
        (["--geometry.network", "/nowhere.safetensors"], "/nowhere.safetensors"),
        (["--size", "34"], "divisible"),
        (["--discriminator.scales", "4"], "strides and scales need"),
        (["--parser.weight", "1"], "parser.weight above 0 needs a network with a parser"),
        (["--photos.balance", "true"], "photos.balance needs a network with a parser"),
        (["--start", "/nowhere.safetensors"], "/nowhere.safetensors"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(workplace, capsys, more, said):
    assert main(arguments(workplace, *more)) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert said in lines[-1] and lines[-1].startswith("synth2real:")


def test_a_folder_is_for_one_run_at_a_time(workplace, capsys):
    with only_run_in(workplace / "run"):
        assert main(arguments(workplace)) == 2
    said = capsys.readouterr().err
    assert said.startswith("synth2real: another run is at work in --out ") and said.count("\n") == 1


def test_photos_without_faces_are_named(workplace, capsys, monkeypatch):
    monkeypatch.setattr("synth2real.photos.upright.reason_against_crop", lambda *given: "the network sees no face")
    assert main(arguments(workplace)) == 2
    assert "no photo is left" in capsys.readouterr().err
    assert (workplace / "run" / "skipped.txt").read_text().count("sees no face") == 4


def test_a_run_does_not_go_on_with_other_photos(workplace, monkeypatch, capsys):
    monkeypatch.setattr("synth2real.photos.upright.reason_against_crop", lambda *given: None)
    assert main(arguments(workplace)) == 0
    (workplace / "photos" / "0.png").unlink()
    assert main(arguments(workplace)) == 2
    assert "was begun with the content of photos.folder" in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted(Path("configs/synth2real").glob("*_*.yaml")), ids=lambda path: path.stem)
def test_every_experiment_file_is_a_valid_one(path):
    experiment = read_gan_experiment(path, {"photos.folder": "photos"})
    assert experiment.photos.framing == "auto"
    assert all(source.scene is not None for source in experiment.sources.values())
    drawn = [source.scene for source in experiment.sources.values() if source.scene is not None]
    bare = all(not one.dress.dressed or not one.dress.glasses for one in drawn if one.canvas.folder is None)
    on_canvases = any(one.canvas.folder is not None for one in drawn)  # whose photos have glasses on as they come
    assert experiment.photos.without_glasses == (bare and not on_canvases)
