"""The real client in a process of its own, because it reads its environment when it is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.hub_server import TOKEN, HubServer

ROOT = Path(__file__).parents[1]
QUICK = "import synth2real.dataset.upload as upload; upload.WAIT_S = 0.01\n"  # does not wait between its tries


def client(
    hub: HubServer, home: Path, code: str, *, token: str | None = TOKEN, began=lambda process: None
) -> tuple[int, str]:
    """Run Python code against the server; its exit code, and all that it printed. began: is given the process."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {
        "HF_ENDPOINT": hub.url,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HOME": str(home),
        "OMP_NUM_THREADS": "1",
    }
    if token is not None:
        environment["HF_TOKEN"] = token
    words = [sys.executable, "-c", QUICK + code]
    process = subprocess.Popen(
        words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    began(process)
    out, _ = process.communicate(timeout=240)
    return process.returncode, out
