from __future__ import annotations

from pathlib import Path

import pytest

from recon.cli import main
from recon.nets.weights import load_weights

SMALL = ["--network.size", "64", "--network.widths", "[8, 8]", "--batch_size", "2", "--precision", "no"]


def test_a_run_writes_weights_config_and_sheets(tmp_path: Path) -> None:
    words = ["train", "pix2vertex", "--config", "configs/recon/pix2vertex_128_cpu.yaml", "--out", str(tmp_path)]
    assert main([*words, "--steps", "2", "--scenes", "4", "--held-out", "2", *SMALL]) == 0
    load_weights(tmp_path / "weights.safetensors")
    assert "steps: 2\n" in (tmp_path / "config.yaml").read_text()
    assert [path.name for path in (tmp_path / "sheets").iterdir()] == ["sheet_00000002.png"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--scenes", "1"], "recon: --scenes 1 is less than a batch: give at least 16\n"),
        (["--held-out", "0"], "recon: --held-out 0 leaves nothing to evaluate on: give at least 1\n"),
        (["--setps", "3"], "recon: unknown option --setps; did you mean 'steps'?\n"),
        (["--config", "none.yaml"], "recon: there is no configuration file none.yaml: check --config\n"),
    ],
)
def test_what_a_user_gets_wrong_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(["train", "pix2vertex", "--out", str(tmp_path / "run"), *words]) == 2
    assert capsys.readouterr().err == sentence
    assert not (tmp_path / "run").exists()
