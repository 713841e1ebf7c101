"""The light half of a published dataset: what most want of a row, and pictures of what they don't decode.

Labels keep their bytes; `preview_depth` and `preview_normals` are 8-bit pictures for eyes and for the Hub's viewer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recon.synthesis.codecs import Pixels, Scalar, Text, image_to_column
from recon.synthesis.column import Column, Schema
from recon.synthesis.schema import RGB
from recon.synthesis.shards import Rows, write_shard
from synth2real.dataset.sheets import views

# fmt: off
PREVIEWS = (
    Column("preview_depth", "preview_depth", Pixels(), RGB, "", "a picture of depth, near is yellow: not a label"),
    Column("preview_normals", "preview_normals", Pixels(), RGB, "", "a picture of the normals: not a label"),
)
# fmt: on
SHOWN = ("image", "render", "mask", "depth")
KEPT = ("landmarks_px", "landmarks_mm", "landmarks_visible", "centre_px", "origin_mm")
LEFT = ("scene",)  # long, and not to be filtered by


def light_columns(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Of a dataset's columns those in the light half, with the previews."""
    plain = [one for one in columns if isinstance(one.codec, (Scalar, Text)) and one.name not in LEFT]
    shown = [one for name in SHOWN for one in columns if one.name == name]
    kept = [one for one in columns if one.name in KEPT]
    index, *others = sorted(plain, key=lambda one: one.name != "index")
    return (index, *shown, *PREVIEWS, *kept, *others)


def write_light(shard: Path, columns: tuple[Column, ...], path: Path) -> int:
    """Write the light half of a shard to `path`, whole or not at all; the number of rows."""
    return write_shard(path, Schema(light_columns(columns)), _rows(Rows([shard]), columns))


def _rows(rows: Rows, columns: tuple[Column, ...]) -> Iterator[Mapping[str, Any]]:
    names = [one.name for one in light_columns(columns)]
    for row in rows:
        pictures = views(row)
        made = {f"preview_{name}": image_to_column(pictures[name]) for name in ("depth", "normals")}
        yield {name: made.get(name, row.get(name)) for name in names}
