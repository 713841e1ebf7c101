"""A part of a dataset as a dataset of its own: rows chosen by their plain columns, their labels' bytes as they were."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from recon.errors import UserError
from recon.files import only_run_in, whole_file
from recon.progress import progress
from recon.synthesis.codecs import Scalar, Text
from recon.synthesis.column import Schema
from recon.synthesis.hub import BESIDE, ROWS, dataset_folder
from recon.synthesis.produce import Produced, read_manifest
from recon.synthesis.shards import Rows, shard_files, shard_path, write_shard
from synth2real.dataset.card import drift_statistics, name_of, write_card
from synth2real.dataset.checksums import write_checksums
from synth2real.dataset.gallery import write_gallery
from synth2real.dataset.make import SHOWN
from synth2real.dataset.sheets import contact_sheet
from synth2real.dataset.verify.job import job_of
from synth2real.dataset.where import Where


@dataclass(frozen=True)
class Selected:
    """A folder that was made. rows: in it. of: rows that were looked at."""

    folder: Path
    rows: int
    of: int

    def __str__(self) -> str:
        return f"{self.rows} of {self.of} rows in {self.folder}: README.md says what they hold"


def select(place: str | Path, where: str, out: Path) -> Selected:
    """Write the rows for which `where` holds (see `synth2real.dataset.where`) as the dataset `out`.

    Its manifest says that of the whole, and `selected`: the condition, and how many rows there were.

    Args:
        place: a folder, or `user/name` on the Hub. out: a new folder, or one begun by the same call.

    Raises:
        UserError: there is no dataset, the condition makes no sense or holds for no row, or `out` holds other things.
    """
    folder = dataset_folder(place, (*ROWS, *BESIDE))
    manifest, rows = read_manifest(folder), Rows(folder)
    schema, condition = job_of(manifest).schema(), Where(where)
    condition.refuse_unknown([one.name for one in schema.columns if isinstance(one.codec, (Scalar, Text))])
    chosen = [number for number, row in enumerate(rows.rows(condition.names)) if condition(row)]
    if not chosen:
        raise UserError(f"--where '{where}' holds for none of the {len(rows)} rows: ask for less")
    before = manifest.get("selected", {"rows": len(rows)})
    text = f"({before['where']}) and ({where})" if "where" in before else where
    selected = {**manifest, "selected": {"where": text, "rows": before["rows"]}}
    with only_run_in(out):
        _open(out, selected)
        _write(rows, chosen, schema, out, int(manifest["records_per_shard"]))
        if (folder / "template.npz").exists():
            shutil.copyfile(folder / "template.npz", out / "template.npz")
        write_checksums(out)
        _present(out, selected, len(chosen))
    return Selected(out, len(chosen), len(rows))


def _open(out: Path, manifest: Mapping[str, Any]) -> None:
    path = out / "manifest.json"
    if path.exists() and read_manifest(out) == manifest:
        (out / "checksums.json").unlink(missing_ok=True)
        for shard in shard_files(out):  # begun by the same call: begin anew
            shard.unlink()
        return
    if any(not entry.name.startswith(".") for entry in out.iterdir()):
        raise UserError(f"--out {out} holds other files: name a new folder")
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(manifest, indent=2) + "\n")


def _write(rows: Rows, chosen: list[int], schema: Schema, out: Path, of_shard: int) -> None:
    with progress("rows written", len(chosen)) as counted:

        def read(number: int) -> dict[str, Any]:
            counted()
            return rows.row(number)

        for shard, first in enumerate(range(0, len(chosen), of_shard)):
            write_shard(shard_path(out, shard), schema, map(read, chosen[first : first + of_shard]))


def _present(out: Path, manifest: Mapping[str, Any], count: int) -> None:
    """The pages that show and explain the rows."""
    shards = shard_files(out)
    drift = drift_statistics(shards) if manifest["kind"] == "generate" else None
    shown = list(islice(Rows(shards), SHOWN))
    contact_sheet(shown, ("image" if drift else "normals", "render", "correspondence"), out / "sheet.jpg")
    facts = f"{count} rows where {manifest['selected']['where']}; the first {len(shown)} are shown"
    write_gallery(out, shown, name_of(manifest), facts)
    write_card(out, Produced(count, count, shards), manifest, drift)
