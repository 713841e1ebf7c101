"""The README card of a dataset: a header for the Hub, the columns with their units, the measured drift, the limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recon.files import whole_file
from recon.synthesis.column import Column, table_of
from recon.synthesis.produce import Produced
from recon.synthesis.schema import COLUMNS, TRAITS
from recon.synthesis.shards import Rows
from synth2real.dataset.limits import limits_of
from synth2real.dataset.schema import DRIFT, TRANSLATED
from synth2real.dataset.translate import DRAWS

LOW_IS_BAD = ("mask_iou", "region_agreement")
Drift = dict[str, dict[str, float]]  # column -> mean, median, worst_5_percent; none: images without a number


def drift_statistics(shards: list[Path]) -> Drift:
    """Mean, median and 95th percentile (5th for those of LOW_IS_BAD) of each drift over the rows that have one,
    and how many have none. NaN where none has one.
    """
    names = [column.name for column in DRIFT]
    rows = list(Rows(shards).rows(names))
    statistics = {}
    for name in names:
        values = np.array([row[name] for row in rows if row[name] is not None] or [np.nan])
        worst = float(np.percentile(values, 5 if name.endswith(LOW_IS_BAD) else 95))
        figures = {"mean": float(values.mean()), "median": float(np.median(values)), "worst_5_percent": worst}
        statistics[name] = {**figures, "none": sum(row[name] is None for row in rows)}
    return statistics


def write_card(
    out: Path,
    produced: Produced,
    manifest: Mapping[str, Any],
    drift: Drift | None = None,
    own_photos: bool = False,
    judged: Sequence[str] = (),
) -> None:
    """Write `out/README.md`.

    drift: None for a dataset of renders. own_photos: the translator is not the bundled one, so what it was trained on,
    and with it the licence, is for the publisher to say. judged: a line about each judge.
    """
    name = "Realistic synthetic faces with geometry labels" if drift else "Synthetic face renders with geometry labels"
    licence = "other" if own_photos else "cc0-1.0"
    sections = [_header(name, produced.count, licence), f"# {name}", _summary(produced, manifest)]
    sections.append(_drift_section(drift, manifest, judged) if drift else "All labels are exact for `render`.")
    sections += [_use_section(), _columns_section(TRANSLATED if drift else (*COLUMNS, *TRAITS))]
    sections += [_origin_section(bool(drift), own_photos), limits_of(manifest["scene"])]
    with whole_file(out / "README.md") as temporary:
        temporary.write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def _header(name: str, count: int, licence: str) -> str:
    size = next((label for limit, label in SIZE_CATEGORIES if count < limit), "n>1M")
    return f"""---
pretty_name: {name}
license: {licence}
task_categories: [depth-estimation, image-segmentation, keypoint-detection]
tags: [synthetic, face, 3d, depth, normals, correspondence]
size_categories: [{size}]
configs:
- config_name: default
  data_files: data/*.parquet
---"""


SIZE_CATEGORIES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def _summary(produced: Produced, manifest: Mapping[str, Any]) -> str:
    size, seed = manifest["size"], manifest["seed"]
    summary = f"{produced.count} faces at {size} x {size} px, drawn with seed {seed}, made by synth2real."
    if "colours" in manifest:
        summary += f" {manifest['colours']} drew the colours."
    if manifest.get("max_drift_mm") is not None:
        share = 100 * produced.count / produced.candidates
        summary += (
            f" Images that drifted more than {manifest['max_drift_mm']:g} mm by the worse of two judges were drawn"
            f" again, at most {DRAWS - 1} times, then left out: the yield is {share:.1f} %"
            f" ({produced.count} of {produced.candidates})."
        )
    return summary


def _drift_section(drift: Drift, manifest: Mapping[str, Any], judged: Sequence[str]) -> str:
    lines = "\n".join(
        f"| {name} | {values['mean']:.4g} | {values['median']:.4g} | {values['worst_5_percent']:.4g} |"
        for name, values in drift.items()
    )
    digests, none = manifest["weights"], int(drift["drift_mm"]["none"])
    faceless = f"\nIn {none} images a judge sees no face: their drift is null.\n" if none else ""
    weights = ", ".join(f"{name} `{value[:16]}`" for name, value in digests.items())
    said = "\n".join(f"- {line}" for line in judged)
    return f"""## How far to trust the labels
The labels are exact for `render`. `image` is that render translated by a GAN, which moves things a little: for `image`
the labels are not exact, and each row carries its own measured drift.

| drift | mean | median | worst 5 % |
| --- | --- | --- | --- |
{lines}
{faceless}
The drift is what two judges, networks of different make, see of the image as stored against the render. `drift_px` and
`drift_mm` are the worse of both; what each says stands in its own columns. No judge is exact, and a drift below its own
error says little. Filter by `drift_mm` if it matters.
{said}

Weights (SHA-256): {weights}."""


def _use_section() -> str:
    return """## Use
```python
import numpy as np
from datasets import load_dataset

rows = load_dataset("parquet", data_files="data/*.parquet", split="train")
depth_code = np.asarray(rows[0]["depth"])  # uint16
depth_mm = np.where(depth_code == 0, np.nan, (depth_code.astype(np.float32) - 32768) / 128)
```
`recon.synthesis.schema.record_from_row(row)` decodes all labels at once. Camera frame: right-handed, x right, y up,
z toward the viewer. Nothing is lost between the render's labels and these files: maps are drawn on the very steps that
their codes have (1/128 mm). Coordinates beyond +-255.9 mm, at ends of hair and clothes, have no code and are none.
Needs `datasets` 4 or newer. Filter by the plain columns at the end of the table, such as `row["glasses"] != "none"`."""


def _columns_section(columns: tuple[Column, ...]) -> str:
    return f"""## Columns
S is the side of the images; n vertices, k and e parameters are the face model's. The formulas give values from 16-bit
codes.

{table_of(columns)}"""


def _origin_section(of_images: bool, own_photos: bool) -> str:
    if own_photos:
        licence = (
            "The translator's weights are not the bundled ones: name here the photographs that they were trained on,\n"
            "and a licence that those allow."
        )
    elif of_images:
        licence = (
            "The translator was trained on photographs in the public domain. That clears copyright, not a person's"
            " likeness: an image may by chance resemble somebody.\nThe dataset is in the public domain (CC0 1.0)."
        )
    else:
        licence = "The dataset is in the public domain (CC0 1.0)."
    return f"""## Origin and licence
The faces are drawn from a morphable model made of CC0 data; no scan or photograph of a person is in it.
{licence}
Not for identifying people."""
