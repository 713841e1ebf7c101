"""Commands that are killed, stopped and robbed, as the script does it that writes docs/results/faults.json."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts/try_faults.py"


def survived(out: Path, *words: str) -> dict[str, dict[str, str]]:
    """What the script found: fault -> command -> "3 of 3"."""
    run = subprocess.run([sys.executable, SCRIPT, *words, "--out", out], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads((out / "faults.json").read_text())["settings"]["survived"]


def test_kills_of_generate(tmp_path: Path) -> None:
    found = survived(tmp_path, "--commands", "generate", "--kills", "2", "--faults", "kill -9")
    assert found == {"kill -9": {"generate": "2 of 2"}}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_fault_of_every_command(tmp_path: Path) -> None:
    found = survived(tmp_path, "--kills", "2")
    assert len(found["kill -9"]) == 8 and all(
        len(its) == 8 for fault, its in found.items() if fault in ("SIGTERM", "Ctrl-C")
    )
