from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from recon.configuration import read_config
from recon.evaluate.held_out import drawn_records
from recon.evaluate.results import read_result
from recon.evaluate.settings import HELD_OUT_SEED
from recon.faces import load
from recon.methods.pretrained import save_weights
from recon.synthesis.scene import SceneConfig
from synth2real.cli import main
from synth2real.evaluate.compare import write_renders
from synth2real.evaluate.realism import two_sample_accuracy
from synth2real.gan.generator import Generator, GeneratorConfig
from tests.synth2real.gan_fakes import tiny_network

SIZE = 32
COUNT = 16


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    for seed, name in enumerate(("first", "second")):
        save_weights(folder / f"{name}.safetensors", tiny_network(seed, SIZE))
    torch.manual_seed(0)
    generator = Generator(GeneratorConfig(widths=(8, 8), head_width=4))
    torch.nn.init.normal_(generator.residual.weight, std=0.2)
    save_weights(folder / "noisy.safetensors", generator)
    (folder / "plain.yaml").write_text("{dress: {dressed: 0}, environment: 0, skin: 0, eyes: 0, mouth: 0}")
    (folder / "photos").mkdir()
    for index in range(COUNT):
        Image.fromarray(np.full((SIZE, SIZE, 3), 8 * index, np.uint8)).save(folder / "photos" / f"{index}.png")
    words = ["--photos", folder / "photos", "--generator", folder / "noisy.safetensors", "--scene"]
    words += [folder / "plain.yaml", "--judge", folder / "first.safetensors", folder / "second.safetensors"]
    return [str(word) for word in (*words, "--count", COUNT, "--size", SIZE)]


@pytest.fixture(scope="module")
def made(options, tmp_path_factory):
    """With the renders themselves as another program's images: one that changes nothing."""
    out = tmp_path_factory.mktemp("evaluate")
    scene = read_config(SceneConfig, Path(options[options.index("--scene") + 1]))
    write_renders(out / "renders", list(drawn_records(load("default"), COUNT, SIZE, HELD_OUT_SEED, scene)))
    with pytest.MonkeyPatch.context() as patch:
        more = ["--images", f"same={out / 'renders'}", "--beside", f"again={options[options.index('--scene') + 1]}"]
        patch.setattr(two_sample_accuracy, "__defaults__", ((0,), 2))
        assert main(["evaluate", *options, "--out", str(out), *more]) == 0
    return out


def test_the_table_knows_who_changed_nothing(made):
    result, origin = read_result(made / "generator_preservation.json")
    cells = {(figure.group, figure.name): figure.value for figure in result.figures}
    assert list(dict.fromkeys(figure.group for figure in result.figures)) == [
        "renders",
        "noisy",
        "same",
        "again",
        "photos",
    ]
    beside = {name for group, name in cells if group == "again"}
    assert beside - {"nearest"} == {"whole", "inner"}  # these photos are of one colour, and no distance apart
    assert cells.get(("again", "nearest")) == cells.get(("renders", "nearest"))
    for name in ("a_drift_px", "b_drift_px", "a_landmark_drift_px", "a_drift_mm", "tone_deg"):
        assert cells["renders", name] == cells["same", name] == 0 and cells["noisy", name] > 0
    assert cells["renders", "raised"] == cells["same", "raised"] == 0 and ("renders", "a_opened") not in cells
    assert cells["same", "spread"] == pytest.approx(100) and cells["same", "a_mask_iou"] == 1
    assert set(cells) >= {(row, view) for row in ("renders", "photos") for view in ("whole", "inner")}
    assert "--images same=renders --beside again=plain.yaml" in origin["command"] and "/" not in origin[
        "command"
    ].replace("./", "")
    assert set(result.weights) == {"noisy.safetensors", "first.safetensors", "second.safetensors"}


def test_what_nobody_knows_is_said(made):
    notes = " ".join(read_result(made / "generator_preservation.json")[0].notes)
    assert "No kernel distance: no feature network is bundled" in notes
    assert "its own error is not known" in notes and "in the loss of noisy is not known" in notes


def test_pictures_and_markdown(made):
    assert {file.name for file in made.iterdir()} == {
        *(f"generator_preservation{end}" for end in (".json", ".values.json", ".md")),
        *("sheet.png", "plot.png", "renders"),
    }
    with Image.open(made / "sheet.png") as sheet:
        assert sheet.size == (8 * SIZE, 4 * SIZE)
    assert len(list((made / "renders").iterdir())) == COUNT
    assert (made / "generator_preservation.md").read_text().startswith("## Preservation")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--count", "3"], "--count must be from 16"),
        (["--smiel", "1"], "did you mean '--smile'?"),
        (["--images", "noisy=."], "two rows have the name noisy"),
        (["--images", "one=missing"], "there is no folder missing"),
        (["--beside", "noisy"], "--beside noisy: give NAME=SCENE.yaml"),
        (["--beside", "far=missing.yaml"], "missing.yaml"),
        (["--features", "missing.pt"], "missing.pt is no readable TorchScript"),
        (["--judge", "one.safetensors"], "--judge needs 2 different files"),
    ],
)
def test_nonsense_is_one_line_and_code_2(options, tmp_path, capsys, words, said):
    assert main(["evaluate", *options, "--out", str(tmp_path / "out"), *words]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and not (tmp_path / "out").exists()
