"""The README card of a dataset: a header for the Hub, the columns with their units, the measured drift, the limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recon.files import whole_file
from recon.methods.pretrained import digest
from recon.synthesis.column import Column, table_of
from recon.synthesis.produce import Produced
from recon.synthesis.schema import COLUMNS, TRAITS
from recon.synthesis.shards import Rows
from synth2real.dataset.balance import balance_section
from synth2real.dataset.judges import LETTERS, introductions
from synth2real.dataset.licences import (
    FACE_MODEL,
    FREE,
    Ingredient,
    bundled_weights,
    ingredients_of,
    ledger,
    licence_of,
)
from synth2real.dataset.limits import limits_of
from synth2real.dataset.schema import DRIFT, TRANSLATED
from synth2real.dataset.translate import DRAWS
from synth2real.gan.generator import Generator

EXACT = "All labels are exact for `render`."
AS_DRAWN = """## How far to trust the labels
`image` is `render`: no network touched it, so the labels are exact for it inside `mask`, and every drift is 0. Where
the face stands in a photo, nothing is known outside of `mask`."""
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
    judged: Sequence[str] | None = None,
) -> None:
    """Write `out/README.md`, for reading in the folder. drift: None for a dataset of renders. judged: a line about each
    judge; None: what the manifest's digests tell.
    """
    name = name_of(manifest)
    ingredients = ingredients_of(manifest)
    sections = [_header(name, produced.count, ingredients), f"# {name}", summary(produced, manifest)]
    sections.append(drift_section(drift, manifest, judged) if drift else EXACT)
    sections += [_use_section(), columns_section(TRANSLATED if drift else (*COLUMNS, *TRAITS))]
    sections += [balance_section(manifest, produced.shards), origin_section(ingredients), limits_of(manifest["scene"])]
    with whole_file(out / "README.md") as temporary:
        temporary.write_text("\n\n".join(filter(None, sections)) + "\n", encoding="utf-8")


def name_of(manifest: Mapping[str, Any]) -> str:
    """The title of a dataset's card."""
    if manifest["kind"] == "generate":
        return "Realistic synthetic faces with geometry labels"
    return "Synthetic face renders with geometry labels"


def _header(name: str, count: int, ingredients: Sequence[Ingredient]) -> str:
    unknown = any(one.licence is None for one in ingredients)
    return f"""---
pretty_name: {name}
license: {"other" if unknown else licence_of(ingredients, None)}
{facts_of_header(count)}
configs:
- config_name: default
  data_files: data/*.parquet
---"""


def facts_of_header(count: int) -> str:
    """What the Hub's card says of any of our datasets, of `count` rows."""
    size = next((label for limit, label in SIZE_CATEGORIES if count < limit), "n>1M")
    return f"""task_categories: [depth-estimation, image-segmentation, keypoint-detection]
tags: [synthetic, face, 3d, depth, normals, correspondence]
size_categories: [{size}]"""


SIZE_CATEGORIES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def summary(produced: Produced, manifest: Mapping[str, Any]) -> str:
    """How many, how large, how chosen."""
    size, seed = manifest["size"], manifest["seed"]
    said = f"{produced.count} faces at {size} x {size} px, drawn with seed {seed}, made by synth2real."
    if "colours" in manifest:
        said += f" {manifest['colours']} drew the colours."
    if "selected" in manifest:
        selected = manifest["selected"]
        said += f" They are those of {selected['rows']} rows for which `{selected['where']}`."
    elif manifest.get("max_drift_mm") is not None:
        share = 100 * produced.count / produced.candidates
        said += (
            f" Images that drifted more than {manifest['max_drift_mm']:g} mm by the worse of two judges were drawn"
            f" again, at most {DRAWS - 1} times, then left out: the yield is {share:.1f} %"
            f" ({produced.count} of {produced.candidates})."
        )
    return said


def drift_section(drift: Drift, manifest: Mapping[str, Any], judged: Sequence[str] | None = None) -> str:
    """How far labels hold for the images. judged: a line about each judge; None: what the manifest's digests tell."""
    if "generator" not in manifest["weights"]:
        return AS_DRAWN
    judged = _introductions(manifest["weights"]) if judged is None else judged
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


def _introductions(weights: Mapping[str, str]) -> list[str]:
    """`introductions` of bundled judges by their digests; of others, that nothing is known here."""
    known = {digest(path): path for path in bundled_weights()}
    judges = [weights[f"judge_{letter}"] for letter in LETTERS]
    if not all(judge in known for judge in judges):
        told = zip(LETTERS, judges, strict=True)
        return [f"Judge {letter}: weights {judge[:16]}, whose own error is not known here." for letter, judge in told]
    generator = known.get(weights["generator"])
    card = Generator.from_pretrained(generator).card if generator else {}
    return introductions([known[judge] for judge in judges], {generator.stem if generator else "the generator": card})


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


def columns_section(columns: tuple[Column, ...]) -> str:
    """The columns with their units."""
    return f"""## Columns
S is the side of the images; n vertices, k and e parameters are the face model's. The formulas give values from 16-bit
codes.

{table_of(columns)}"""


def origin_section(ingredients: Sequence[Ingredient], licence: str | None = None) -> str:
    """What it was made of, and its licence; None: what the ingredients allow."""
    if unknown := [one.name for one in ingredients if one.licence is None]:
        said = (
            f"The licence of {' and '.join(unknown)} is not known here: name it, and choose a licence that it allows,"
            "\nbefore you give the dataset to anybody (`synth2real publish` asks for it)."
        )
    else:
        licence = licence or licence_of(ingredients, None)
        said = f"The dataset is under {licence}{', the public domain' if licence == FREE else ''}."
    if any(one.name == "generator" for one in ingredients):
        said += (
            "\nThe generator learnt from photographs of real people. A licence clears their copyright, not a person's"
            " likeness:\nan image may by chance resemble somebody."
        )
    origin = "a morphable model made of CC0 data; no scan or photograph of a person is in it"
    if any(one.name == FACE_MODEL and one.licence != FREE for one in ingredients):
        origin = "the face model below; such models are learnt from scans of real people"
    return f"""## Origin and licence
The faces are drawn from {origin}.

{ledger(ingredients)}

{said}
Not for identifying people."""
