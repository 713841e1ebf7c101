from __future__ import annotations

from pathlib import Path

import pytest
import torch

from recon.cli import main
from recon.methods.base import Reconstructor

SMALL = ["--network.size", "64", "--network.widths", "[8, 8]", "--batch_size", "2", "--precision", "no"]


def test_a_run_writes_weights_config_and_sheets(tmp_path: Path) -> None:
    words = ["train", "pix2vertex", "--config", "configs/recon/pix2vertex_128_cpu.yaml", "--out", str(tmp_path)]
    assert main([*words, "--steps", "2", "--scenes", "4", "--held-out", "2", *SMALL]) == 0
    Reconstructor.from_pretrained(tmp_path / "weights.safetensors")
    assert "steps: 2\n" in (tmp_path / "config.yaml").read_text()
    assert [path.name for path in (tmp_path / "sheets").iterdir()] == ["sheet_00000002.png"]


def test_a_run_can_begin_with_the_weights_of_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "pix2vertex", "--config", "configs/recon/pix2vertex_128_cpu.yaml", "--scenes", "4"]
    words += ["--held-out", "2", *SMALL]
    assert main([*words, "--steps", "2", "--out", str(tmp_path / "first")]) == 0
    first = tmp_path / "first" / "weights.safetensors"
    begun = [*words, "--steps", "1", "--start", str(first), "--learning_rate", "1e-9", "--ema_decay", "0"]
    assert main([*begun, "--out", str(tmp_path / "second")]) == 0
    ours, theirs = (
        Reconstructor.from_pretrained(path).state_dict()
        for path in (first, tmp_path / "second" / "weights.safetensors")
    )
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-3) for name in ours)
    capsys.readouterr()
    assert main([*words, "--network.fine", "8", "--start", str(first), "--out", str(tmp_path / "third")]) == 2
    assert "holds a network with other layers than the configuration's" in capsys.readouterr().err


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
