"""What the documents tell a reader to type: commands of indented lines and of `code`, and blocks of Python."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACES = ("README.md", "CONTRIBUTING.md", "data/weights/README.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md")))
COMMAND = r"(?:synth2real|recon|python scripts/\w+\.py|scripts/\w+)(?: [^`\n#]*)?"


def text_of(place: str) -> str:
    return (ROOT / place).read_text()


def commands_in(place: str) -> list[str]:
    """Each once. Those of a notebook: of its text."""
    if place.endswith(".ipynb"):
        cells = json.loads(text_of(place))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    else:
        text = text_of(place)
    found = re.findall(rf"^    ({COMMAND})", text, re.MULTILINE) + re.findall(rf"`({COMMAND})`", text)
    return list(dict.fromkeys(command.strip() for command in found if command not in ("recon", "synth2real")))


def python_in(place: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text_of(place), re.DOTALL)
