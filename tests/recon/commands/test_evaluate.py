"""`recon evaluate` from settings to a table and a result, and what a user can get wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recon.cli import main
from recon.evaluate.protocols import PROTOCOLS
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
from recon.methods.pretrained import save_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = Pix2VertexConfig(outputs="joint", size=64, widths=(8, 8, 8), norm="group")
    path = tmp_path_factory.mktemp("weights") / "untrained.safetensors"
    save_weights(path, Pix2Vertex(config))
    return path


def test_the_protocols_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate"]) == 0
    listed = capsys.readouterr().out
    assert all(f"recon evaluate {name} " in listed and line in listed for name, line in PROTOCOLS.items())


def test_a_table_is_printed_and_the_result_kept(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", "renders", "--network", str(weights), "--count", "2", "--size", "64"]
    assert main([*words, "--out", str(tmp_path / "out"), "--name", "tiny"]) == 0
    assert "depth error, mean (% of the range)" in capsys.readouterr().out
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"tiny.json", "tiny.values.json"}
    content = json.loads((tmp_path / "out/tiny.json").read_text())
    assert content["command"] == "recon evaluate renders --network untrained.safetensors --count 2 --size 64"
    assert list(content["weights"]) == ["untrained.safetensors"] and content["settings"]["count"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scan_views", "--folder", "."], "holds no scan"),
        (["landmarks_2d", "--folder", "."], "holds no .jpg"),
        (["renders", "--model", "ict:."], "generic_neutral_mesh.obj"),
        (["renders", "--network", "none.safetensors"], "no weights at none.safetensors"),
        (["renders", "--size", "8"], "--size must be from 16"),
        (["renders", "--cuont", "3"], "did you mean '--count'"),
        (["renders", "--count", "0"], "--count must be from 1"),
        (["rendrs"], "not 'rendrs'; did you mean 'renders'?"),
        (["--count", "3"], "'recon evaluate' needs one of renders, "),
        (["renders", "--out", ".", "--name", "../a"], "--name ../a is no name of a file"),
        (["meshes"], "no value for folder in the configuration: give --folder VALUE"),
        (["mask_points", "--folder", "none"], "there is no folder none: check --folder"),
        (["meshes", "--folder", ".", "--kind", "six"], "--kind must be webmorph or five, not 'six'"),
    ],
)
def test_what_a_user_gets_wrong_ends_with_one_line(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", *words]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
