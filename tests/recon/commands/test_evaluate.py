"""`recon evaluate` from weights to tables, and what a user can get wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.cli import main
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
from recon.methods.pretrained import save_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = Pix2VertexConfig(outputs="joint", size=64, widths=(8, 8, 8), norm="group")
    path = tmp_path_factory.mktemp("weights") / "untrained.safetensors"
    save_weights(path, Pix2Vertex(config))
    return path


def test_tables_are_printed_and_kept(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "--weights", str(weights), "--count", "2", "--size", "64", "--out", str(tmp_path / "out")]
    assert main(words) == 0
    assert "depth error, mean (% of the range)" in capsys.readouterr().out
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"renders_default_64.md", "renders_default_64.json"}


@pytest.mark.parametrize(
    ("option", "said"),
    [("--scan", "holds no scan"), ("--photos", "holds no .jpg"), ("--ict", "generic_neutral_mesh.obj")],
)
def test_a_folder_that_is_not_what_it_should_be_ends_with_one_line(
    weights: Path, tmp_path: Path, option: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--weights", str(weights), option, str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_missing_weights_and_tiny_images_are_refused(weights: Path, tmp_path: Path) -> None:
    assert main(["evaluate", "--weights", str(tmp_path / "none.safetensors")]) == 2
    assert main(["evaluate", "--weights", str(weights), "--size", "8"]) == 2
