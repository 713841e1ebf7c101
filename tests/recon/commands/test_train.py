from __future__ import annotations

from pathlib import Path

import pytest
import torch

from recon.cli import main
from recon.methods.base import Reconstructor

FILE = "configs/recon/pix2vertex_128_cpu.yaml"
SMALL = ["--network.size", "64", "--network.widths", "[8, 8]", "--batch_size", "2", "--precision", "no"]
SMALL += ["--sources", "{painted: {scene: configs/scenes/painted.yaml, count: 4}}"]
SMALL += ["--held_out", "{scene: configs/scenes/painted.yaml, count: 2, seed: 9}"]
ONE = ["--stages", "[{steps: 1, learning_rate: 1.0e-9}]"]


def test_a_run_can_begin_with_the_weights_of_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", FILE, *SMALL]
    assert main([*words, "--stages", "[{steps: 2}]", "--out", str(tmp_path / "first")]) == 0
    assert "the network is in" in capsys.readouterr().out
    first = tmp_path / "first" / "weights.safetensors"
    begun = [*words, *ONE, "--start", str(first), "--ema_decay", "0"]
    assert main([*begun, "--out", str(tmp_path / "second")]) == 0
    files = (first, tmp_path / "second" / "weights.safetensors")
    ours, theirs = (Reconstructor.from_pretrained(path).state_dict() for path in files)
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-3) for name in ours)
    capsys.readouterr()
    others = [*words, *ONE, "--network.fine", "8", "--start", str(first), "--out", str(tmp_path / "third")]
    assert main(others) == 2
    assert "holds a network with other layers than the experiment's" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([FILE, "--setps", "3"], "recon: unknown option --setps; did you mean '--stages.N.steps'?\n"),
        ([FILE, "--batch_size", "0"], "recon: --batch_size must be from 1 to 65536, not 0\n"),
        ([FILE, "--stages.7.steps", "3"], "recon: --stages.7.steps: there are 2 stages, numbered from 0\n"),
        ([FILE, "--sources", "{}"], "recon: the experiment names no sources: give one, such as sources.faces.scene\n"),
        (["none.yaml"], "recon: there is no configuration file none.yaml: check the path\n"),
    ],
)
def test_what_a_user_gets_wrong_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(["train", *words, "--out", str(tmp_path / "run")]) == 2
    assert capsys.readouterr().err == sentence
    assert not (tmp_path / "run").exists()
