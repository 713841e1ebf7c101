"""Results as text: markdown tables that read well in a shell, and JSON beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from recon.evaluate.metrics.intervals import bootstrap_interval
from recon.files import whole_file


@dataclass(frozen=True)
class Report:
    """One protocol's answer: what was measured and how (`notes`), the table, and the values of every image."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    notes: tuple[str, ...] = ()
    per_image: list[dict[str, Any]] = field(default_factory=list)

    def markdown(self) -> str:
        table = markdown_table(self.columns, self.rows)
        return "\n".join([f"## {self.title}", "", table, "", *(f"- {note}" for note in self.notes)]) + "\n"

    def save(self, folder: Path, name: str) -> None:
        """`folder/name.md` and `folder/name.json` (the values of every image)."""
        values = {"title": self.title, "notes": self.notes, "columns": self.columns, "rows": self.rows}
        everything = json.dumps({**values, "per_image": self.per_image}, indent=1)
        for file, text in ((f"{name}.md", self.markdown()), (f"{name}.json", everything)):
            with whole_file(folder / file) as temporary:
                temporary.write_text(text)


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Cells padded to their column's width; floats with three digits that count."""
    cells = [list(columns), *([_text(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in cells]
    lines = [f"| {' | '.join(row)} |" for row in padded]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def summary_rows(per_image: Sequence[dict[str, Any]], measures: dict[str, str]) -> list[tuple[str, float, str, float]]:
    """A row (label, mean, its 95 % interval, median) over the images for each measure {key: label}; NaNs left out."""
    rows = []
    for key, label in measures.items():
        values = np.array([image[key] for image in per_image], np.float64)
        values = values[np.isfinite(values)]
        if len(values):
            low, high = bootstrap_interval(values)
            rows.append((label, float(values.mean()), f"{_text(low)} to {_text(high)}", float(np.median(values))))
    return rows


def _text(value: Any) -> str:
    return f"{value:#.3g}".rstrip(".") if isinstance(value, float) else str(value)
