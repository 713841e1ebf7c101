"""The card of a published dataset: what the Hub shows first, and all that one needs to use or doubt the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recon.synthesis.column import Column
from recon.synthesis.produce import Produced
from recon.synthesis.shards import Rows
from synth2real.dataset.balance import balance_section
from synth2real.dataset.card import (
    EXACT,
    columns_section,
    drift_section,
    drift_statistics,
    facts_of_header,
    name_of,
    origin_section,
    summary,
)
from synth2real.dataset.licences import HUB, Ingredient
from synth2real.dataset.limits import limits_of
from synth2real.dataset.publish.light import PREVIEWS, light_columns

COUNTED = ("glasses", "hair", "beard", "headwear", "thing")


@dataclass(frozen=True)
class Published:
    """What a card tells of. showcase: rows with a mesh. columns: of the full half."""

    repo: str
    manifest: Mapping[str, Any]
    shards: list[Path]
    columns: tuple[Column, ...]
    ingredients: Sequence[Ingredient]
    licence: str
    showcase: int


def published_card(of: Published) -> str:
    """The text of README.md."""
    rows = Rows(of.shards)
    produced = Produced(len(rows), rows.row(len(rows) - 1, ["index"])["index"] + 1, of.shards)
    generated = of.manifest["kind"] == "generate"
    name = name_of(of.manifest)
    sections = [
        _header(of, name, len(rows)),
        f"# {name}",
        summary(produced, of.manifest),
        "![the first rows: what is seen, and what is known of it](sheet.jpg)",
        _configurations(of, len(rows)),
        drift_section(drift_statistics(of.shards), of.manifest) if generated else EXACT,
        _use_section(of.repo),
        _counts_section(rows),
        balance_section(of.manifest, of.shards),
        columns_section(of.columns),
        _previews_section(of.columns),
        origin_section(of.ingredients, of.licence),
        limits_of(of.manifest["scene"]),
        _made_section(of, len(rows)),
        _cite_section(of.repo, name),
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _header(of: Published, name: str, count: int) -> str:
    return f"""---
pretty_name: {name}
license: {HUB.get(of.licence, of.licence)}
{facts_of_header(count)}
configs:
- config_name: light
  default: true
  data_files:
  - split: train
    path: light/train-*.parquet
- config_name: full
  data_files:
  - split: train
    path: data/train-*.parquet
- config_name: showcase
  data_files:
  - split: train
    path: showcase/train-*.parquet
---"""


def _configurations(of: Published, count: int) -> str:
    megabytes = sum(path.stat().st_size for path in of.shards) / 1e6
    return f"""| configuration | rows | what a row has |
| --- | --- | --- |
| `light` (shown first) | {count} | image, render, mask, depth, landmarks, what to filter by, two pictures to look at |
| `full` | {count} | every label below ({megabytes:.1f} MB) |
| `showcase` | {of.showcase} | the face as a GLB mesh that wears its image, to turn around in the viewer |"""


def _use_section(repo: str) -> str:
    return f"""## Use
```python
import numpy as np
from datasets import load_dataset

faces = load_dataset("{repo}", split="train")  # the light half
full = load_dataset("{repo}", "full", split="train", streaming=True)  # every label, without waiting for all of it
face = next(iter(full))
code = np.asarray(face["depth"]).astype(np.float32)  # 16-bit codes
depth_mm = np.where(code == 0, np.nan, (code - 32768) / 128)
frontal = faces.filter(lambda yaw, glasses: abs(yaw) < 10 and glasses == "none", input_columns=["yaw_deg", "glasses"])

turn = load_dataset("{repo}", "showcase", split="train")  # datasets 5.2 or newer, trimesh
turn[0]["mesh"].show()  # in 3D
```
With synth2real: `recon train FILE --sources.mine.dataset {repo}` learns from it, `synth2real verify {repo}`
reads all of it and makes a sample again, `synth2real select {repo} --where "abs(yaw_deg) < 10" --out frontal`
takes a part.
`recon.synthesis.schema.record_from_row(row)` decodes all labels of a row of `full` at once.

Camera frame: right-handed, x right, y up, z toward the viewer; pixel centres at +0.5. The meshes' triangles, UV and
landmarks stand in `template.npz`. Nothing is lost between the render's labels and these files."""


def _counts_section(rows: Rows) -> str:
    counters = {name: Counter() for name in COUNTED}
    for row in rows.rows(COUNTED):
        for name in COUNTED:
            counters[name][row[name]] += 1
    people = len({row["person"] for row in rows.rows(["person"])})
    lines = ["| trait | rows |", "| --- | --- |", f"| people | {people} |"]
    for name, counter in counters.items():
        lines.append(f"| {name} | {', '.join(f'{value} {count}' for value, count in counter.most_common())} |")
    table = "\n".join(lines)
    return f"""## What is in it
![pose, expression, skin tone, age, light and drift of all rows](plots.png)

{table}"""


def _previews_section(columns: tuple[Column, ...]) -> str:
    names = ", ".join(f"`{one.name}`" for one in light_columns(columns) if one not in PREVIEWS)
    pictures = "; ".join(f"`{one.name}`, {one.text}" for one in PREVIEWS)
    return f"The light half has {names}, and {pictures}."


def _made_section(of: Published, count: int) -> str:
    manifest = of.manifest
    words = [f"synth2real {manifest['kind']}", f"--count {count}", f"--size {manifest['size']}"]
    words += [f"--seed {manifest['seed']}", "--scene scene.yaml"]
    if manifest.get("max_drift_mm") is not None:
        words.append(f"--max_drift {manifest['max_drift_mm']:g}")
    if "colours" in manifest:
        words.append("--renderer pyrender")
    others = [one.name for one in of.ingredients if one.what.startswith("weights ")]
    words += ["--generator FILE"] * ("generator" in others) + ["--judge FILE FILE"] * any(
        "judge" in one for one in others
    )
    after = ""
    if "selected" in manifest:
        words[1] = f"--count {manifest['selected']['rows']}"
        after = f"\nsynth2real select faces --where '{manifest['selected']['where']}' --out selected"
    return f"""## How it was made
`scene.yaml` stands beside this card, all that the rows depend on in `manifest.json`, the files' SHA-256 in
`checksums.json`.
```
{" ".join(words)} --out faces{after}
```
The same rows come of it again, bit for bit where the render and its labels are concerned."""


def _cite_section(repo: str, name: str) -> str:
    key = "".join(letter for letter in repo.split("/")[-1] if letter.isalnum())
    return f"""## Cite
```bibtex
@misc{{{key},
  title = {{{name}: {repo}}},
  howpublished = {{\\url{{https://huggingface.co/datasets/{repo}}}}},
  note = {{made with synth2real}}
}}
```"""
