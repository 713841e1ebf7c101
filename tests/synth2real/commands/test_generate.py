import json
from typing import Any

import numpy as np
import pytest
import torch
from datasets import load_dataset

from recon.methods.pretrained import save_weights
from recon.synthesis.schema import record_from_row
from recon.synthesis.shards import Rows
from synth2real.cli import main
from synth2real.dataset.judges import open_judges
from synth2real.dataset.schema import TRANSLATED, translation_from_row
from synth2real.dataset.translate import translate
from synth2real.gan.generator import Generator, GeneratorConfig
from tests.synth2real.gan_fakes import tiny_network

SIZE = 32


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A generator that does something, and a network that sees something."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    config = GeneratorConfig(widths=(8, 8), head_width=4)
    generator = Generator(config)
    torch.nn.init.normal_(generator.residual.weight, std=0.05)
    save_weights(folder / "generator.safetensors", generator)
    for seed, name in enumerate(("first", "second")):
        save_weights(folder / f"{name}.safetensors", tiny_network(seed, SIZE))
    return folder


@pytest.fixture(scope="module")
def generate(weights):
    def run(out, *options):
        files = [
            "--generator",
            str(weights / "generator.safetensors"),
            "--judge",
            *(str(weights / f"{name}.safetensors") for name in ("first", "second")),
        ]
        look = [] if "--look" in options else ["--look", "translated"]
        words = ["generate", *look, "--size", str(SIZE), "--workers", "1", *files, "--out", str(out), *options]
        return main(words)

    return run


@pytest.fixture(scope="module")
def made(generate, tmp_path_factory):
    out = tmp_path_factory.mktemp("generate") / "made"
    assert generate(out, "--count", "17") == 0
    return out


def rows(out):
    return list(Rows(out))


def test_images_and_drift_are_those_of_the_records(made, weights):
    generator = Generator.from_pretrained(weights / "generator.safetensors")
    judges = open_judges([weights / f"{name}.safetensors" for name in ("first", "second")])
    for row in rows(made)[:2]:
        record, read = record_from_row(row), translation_from_row(row)
        (again,) = translate([record], generator, judges)
        assert abs(read.image.astype(int) - again.image).max() <= 1  # a batch of eight may round otherwise
        assert (read.image != record.rgb).any()
        drift = [[one.drift_mm, *(told.drift_mm for told in one.told)] for one in (read, again)]
        np.testing.assert_allclose(*drift, rtol=0.05)
        assert row["drift_mm"] == max(row["judge_a_drift_mm"], row["judge_b_drift_mm"])


def test_max_drift_keeps_the_same_rows_and_draws_the_others_again(made, generate, tmp_path):
    everything = rows(made)
    limit = float(np.median([row["drift_mm"] for row in everything]))
    kept = [row for row in everything if row["drift_mm"] <= limit]
    assert 3 < len(kept) < 17
    assert generate(tmp_path / "strict", "--count", str(len(kept)), "--max-drift", repr(limit)) == 0
    again = rows(tmp_path / "strict")
    assert all(row["drift_mm"] <= limit for row in again)
    first = {row["index"]: row["image"] for row in again if row["draw"] == 0}
    assert first == {row["index"]: row["image"] for row in kept if row["index"] <= again[-1]["index"]}
    for row in again:  # drawn again only where the first draw drifted too far
        assert row["draw"] == 0 or everything[row["index"]]["drift_mm"] > limit
    assert f"({len(again)} of {again[-1]['index'] + 1})" in (tmp_path / "strict" / "README.md").read_text()


def test_load_dataset_shows_images_beside_renders(made, tmp_path):
    table: Any = load_dataset("parquet", data_files=f"{made}/data/*.parquet", split="train", cache_dir=str(tmp_path))
    for loaded, row in zip(table, rows(made), strict=True):
        assert loaded["image"].mode == loaded["render"].mode == "RGB"
        np.testing.assert_array_equal(translation_from_row(loaded).image, translation_from_row(row).image)
        np.testing.assert_array_equal(record_from_row(loaded).position_mm, record_from_row(row).position_mm)
        assert translation_from_row(loaded).drift_mm == row["drift_mm"] > 0


def test_the_card_states_the_drift_and_promises_nothing_of_the_image(made):
    card = (made / "README.md").read_text()
    median = np.median([row["drift_mm"] for row in rows(made)])
    assert f"| {median:.4g} |" in card
    assert "exact for `render`" in card and "license: other" in card  # not the bundled weights
    assert all(f"| {column.name} | {column.codec.stored} |" in card for column in TRANSLATED)
    digests = json.loads((made / "manifest.json").read_text())["weights"]
    assert digests["generator"][:16] in card


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-drift", "0"], "--max_drift must be from 0.001 to 1000, not 0"),
        (["--max_drift", "nan"], "--max_drift must be"),
        (["--size", "33"], "--size 33"),
        (["--generator", "missing.safetensors"], "missing.safetensors"),
        (["--judge", "missing.safetensors", "other.safetensors"], "missing.safetensors"),
    ],
)
def test_bad_options_are_one_line_and_code_2(generate, tmp_path, capsys, options, said):
    assert generate(tmp_path / "out", "--count", "1", *options) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_other_weights_are_refused_for_a_begun_folder(made, generate, weights, tmp_path, capsys):
    generator = Generator.from_pretrained(weights / "generator.safetensors")
    save_weights(tmp_path / "other.safetensors", generator, {"steps": 1})
    assert generate(made, "--count", "17", "--generator", str(tmp_path / "other.safetensors")) == 2
    assert "weights.generator" in capsys.readouterr().err


def test_a_face_on_a_canvas_is_labelled_and_translated_where_a_generator_is_named(generate, tmp_path):
    drawn, translated = tmp_path / "drawn", tmp_path / "translated"
    on_canvas = ["generate", "--look", "canvas", "--size", str(SIZE), "--workers", "1"]
    assert main([*on_canvas, "--count", "2", "--out", str(drawn)]) == 0
    assert generate(translated, "--look", "canvas", "--count", "2") == 0
    for plain, image in zip(rows(drawn), rows(translated), strict=True):
        assert plain["canvas"] and plain["canvas"] == image["canvas"]
        assert plain["image"] == plain["render"] == image["render"] != image["image"]
        assert plain["drift_px"] == 0 < image["drift_px"]
    assert "labels are exact for it inside `mask`" in (drawn / "README.md").read_text()


@pytest.mark.parametrize(
    "options, said",
    [
        (("--look", "render", "--canvases", "somewhere"), "--canvases goes with --look canvas"),
        (("--look", "canvas", "--max_drift", "3"), "--max_drift says nothing with --look canvas"),
        (("--look", "render", "--generator", "g.safetensors"), "--generator says nothing with --look render"),
        (("--look", "canvas", "--canvases", "nowhere"), "there are no canvases in nowhere"),
    ],
)
def test_what_goes_unheard_is_refused(options, said, tmp_path, capsys):
    assert main(["generate", "--count", "1", "--out", str(tmp_path / "out"), *options]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()
