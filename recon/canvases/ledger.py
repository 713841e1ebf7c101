"""Whose photos canvases are of: licence, attribution and source of each, from the faces.csv in or beside their folder.

A licence that stands nowhere is "", unknown: canvases are made of such photos all the same, and only what would publish
them refuses, with `refuse_unknown`.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.errors import UserError
from recon.fitting.known import Known
from recon.synthesis.canvas import canvas, canvases

SAID = ("licence", "attribution", "source")
UNKNOWN = "unknown"
FREE = ("cc0", "public domain", "public-domain", "publicdomain", "us government work")
"""How licences begin that ask for nothing, in lower case: what may be bundled."""


@dataclass(frozen=True)
class Ledger:
    """said: by what a CSV calls a photo. licence, attribution: of photos of which it says none."""

    said: Mapping[str, Mapping[str, str]]
    licence: str = ""
    attribution: str = ""

    def of(self, name: str) -> dict[str, str]:
        """Each of SAID, "" where unknown. name: of a photo, relative to its folder."""
        found = Known(None, {}, {key: dict(values) for key, values in self.said.items()}).of(name)
        default = {"licence": self.licence, "attribution": self.attribution, "source": ""}
        return {key: found.get(key) or default[key] for key in SAID}


def ledger_of(known: Known, licence: str = "", attribution: str = "") -> Ledger:
    """What the CSV says that `recon.fitting.known.known_of` found. Raises UserError where it can't be read."""
    if known.csv is None:
        return Ledger({}, licence, attribution)
    try:
        with known.csv.open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row.get("file")]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{known.csv} can't be read ({error}): mend it, or move it away") from None
    said = {}
    for row in rows:
        said[row["file"]] = {name: row[name].strip() for name in SAID if row.get(name)}
    return Ledger(said, licence, attribution)


def is_free(licence: str) -> bool:
    """Whether a licence asks for nothing, as the bundled canvases need it."""
    return licence.strip().lower().startswith(FREE)


def licences(words: Iterable[str]) -> str:
    """How many photos are under which licence, in words."""
    counted = Counter(word or UNKNOWN for word in words)
    return ", ".join(f"{times} {licence}" for licence, times in counted.most_common())


def refuse_unknown(folder: Path, names: Iterable[str] | None = None) -> None:
    """Raise UserError where the licence of a canvas is unknown. names: of those that are used; None: all."""
    for name in canvases(folder) if names is None else names:
        if not canvas(folder, name).licence:
            raise UserError(
                f"the licence of canvas {name} in {folder} is unknown: name it in the photos' faces.csv or with"
                " --licence, and make the canvases again"
            )
