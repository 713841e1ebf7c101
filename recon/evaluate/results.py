"""What a protocol found: figures with their interval and n, as a table in a shell and as JSON that documents are made
from.

`NAME.json` holds the figures and where they come from, small enough to be kept beside the code (docs/results/);
`NAME.values.json` holds each image's values, `NAME.WHAT.png` a picture. Paths outside the working directory are written
as bare names: a result tells what was measured, not where somebody keeps it.
"""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from recon.errors import UserError
from recon.evaluate.metrics.intervals import bootstrap_interval
from recon.files import whole_file
from recon.texts import read_json

FEW = 64  # values
WELL_GRADED = 0.9  # rank correlation with the true vertex error, as non-rigid registrations reach it
ROUGH = f"\\* of fewer than {FEW} values and without an interval: a rough figure."


class Measure(NamedTuple):
    """What a figure is called in tables, and its unit ("" for a share or a count)."""

    label: str
    unit: str = ""


@dataclass(frozen=True)
class Figure:
    """One number.

    Attributes:
        name: a key, unique within its group. group: the row of a table of several; "" where the table has one only.
        value: the mean over n independent values, people where there are people, unless the result's notes say
            otherwise. low, high: its 95 % interval; median: of the values. None where there is none.
    """

    name: str
    label: str
    unit: str
    value: float
    n: int
    low: float | None = None
    high: float | None = None
    median: float | None = None
    group: str = ""

    @property
    def rough(self) -> bool:
        """Of few values and without an interval: not to be quoted without saying so."""
        return self.low is None and self.n < FEW

    def text(self) -> str:
        """`1.98 (1.92 to 2.03)`, or `1.98*` where it is rough; without the unit."""
        interval = "" if self.low is None or self.high is None else f" ({number(self.low)} to {number(self.high)})"
        return number(self.value) + ("*" if self.rough else interval)


@dataclass(frozen=True)
class Result:
    """One protocol's answer.

    Attributes:
        settings: the resolved ones, plain values. weights: file name -> SHA-256 of each file of weights.
        values: of every image, for NAME.values.json alone.
        pictures: what it shows -> (H, W, 3) uint8, for NAME.WHAT.png.
        self_grade: the rank correlation of the figure with the true vertex error on drawn heads with known errors
            (`recon.evaluate.self_grade`), in [-1, 1]; None where it was not asked for.
    """

    title: str
    protocol: str
    settings: Mapping[str, Any]
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()
    weights: Mapping[str, str] = field(default_factory=dict)
    values: Sequence[Mapping[str, Any]] = ()
    pictures: Mapping[str, np.ndarray] = field(default_factory=dict)
    self_grade: float | None = None

    def markdown(self) -> str:
        """Title, table and notes."""
        grade = [] if self.self_grade is None else [graded(self.self_grade)]
        notes = (f"- {note}" for note in (*self.notes, *grade, *remarks(self.figures)))
        return "\n".join([f"## {self.title}", "", figure_table(self.figures), "", *notes]) + "\n"

    def write(self, folder: Path, name: str, command: Sequence[str]) -> None:
        """`folder/name.json`; `folder/name.values.json` where there are values, `folder/name.WHAT.png` for pictures.

        Args:
            command: the words of the command line that made it.
        """
        about = {
            "title": self.title,
            "protocol": self.protocol,
            "settings": without_places(dict(self.settings)),
            "figures": [_stored(figure) for figure in self.figures],
            "notes": list(self.notes),
            "weights": dict(self.weights),
            **({} if self.self_grade is None else {"self_grade": round(self.self_grade, 4)}),
            "command": shlex.join(without_places(list(command))),
            "commit": commit(),
            "date": datetime.now(timezone.utc).date().isoformat(),
        }
        files = {f"{name}.json": about}
        if self.values:
            files[f"{name}.values.json"] = {"title": self.title, "values": list(self.values)}
        for file, content in files.items():
            with whole_file(folder / file) as temporary:
                temporary.write_text(_json(content))
        for what, picture in self.pictures.items():
            with whole_file(folder / f"{name}.{what}.png") as temporary:
                Image.fromarray(picture).save(temporary, format="PNG")


def read_result(file: Path) -> tuple[Result, dict[str, str]]:
    """A result without its values, and its command, commit and date."""
    try:
        content = read_json(file)
        origin = {key: content.pop(key) for key in ("command", "commit", "date")}
        figures = tuple(Figure(**figure) for figure in content.pop("figures"))
        if any(not isinstance(one, str) for one in (*origin.values(), *content["notes"], content["title"])):
            raise ValueError("its words are none")
        for figure in figures:
            _check(figure)
        return Result(**{**content, "figures": figures, "notes": tuple(content["notes"])}), origin
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file} is not a result that `recon evaluate` wrote ({error}): make it again") from None


def figures_of(
    values: Sequence[Mapping[str, Any]], measures: Mapping[str, Measure], group: str = ""
) -> tuple[Figure, ...]:
    """A figure for each measure, over values one a person; those that are not finite are left out."""
    figures = []
    for name, measure in measures.items():
        kept = np.array([value[name] for value in values], np.float64)
        kept = kept[np.isfinite(kept)]
        if not len(kept):
            continue
        low, high = bootstrap_interval(kept)
        interval = (low, high) if np.isfinite(low) else (None, None)
        figures.append(
            Figure(name, *measure, float(kept.mean()), len(kept), *interval, median=float(np.median(kept)), group=group)
        )
    return tuple(figures)


def per_person(values: Sequence[Mapping[str, Any]], names: Iterable[str]) -> list[dict[str, float]]:
    """The means of each one's images, told apart by `person`: figures over them have their intervals over people.

    What is not finite is left out of a mean; it is NaN where nothing is left.
    """
    people: dict[Any, list[Mapping[str, Any]]] = {}
    for value in values:
        people.setdefault(value["person"], []).append(value)
    means = []
    for images in people.values():
        kept = {name: [image[name] for image in images if np.isfinite(image[name])] for name in names}
        means.append({name: float(np.mean(found)) if found else np.nan for name, found in kept.items()})
    return means


def graded(correlation: float) -> str:
    """What a protocol's grade of itself means, in a sentence."""
    how = (
        "ranks meshes as their true vertex errors do"
        if correlation >= WELL_GRADED
        else ("is a poor judge of small differences: it ranks meshes only partly as their true vertex errors do")
    )
    return f"The protocol grades itself {correlation:.2f} (Spearman's, on drawn heads with known errors): it {how}."


def remarks(figures: Sequence[Figure]) -> list[str]:
    """What a table's signs mean."""
    return [ROUGH] if any(figure.rough for figure in figures) else []


def figure_table(figures: Sequence[Figure]) -> str:
    """A row for each figure; for figures in groups a row for each group and a column for each measure."""
    groups = list(dict.fromkeys(figure.group for figure in figures))
    if groups == [""]:
        columns = ("measure", "mean", "95 % interval", "median", "n")
        rows = [
            (
                _heading(figure),
                number(figure.value) + "*" * figure.rough,
                _interval(figure),
                _optional(figure.median),
                figure.n,
            )
            for figure in figures
        ]
        kept = [i for i in range(len(columns)) if i < 2 or any(row[i] not in ("", None) for row in rows)]
        return markdown_table([columns[i] for i in kept], [[row[i] for i in kept] for row in rows])
    headings = {figure.name: _heading(figure) for figure in figures}
    cells = {(figure.group, figure.name): figure.text() for figure in figures}
    counts = {figure.group: figure.n for figure in figures}
    rows = [[group, *(cells.get((group, name), "") for name in headings), counts[group]] for group in groups]
    return markdown_table(["", *headings.values(), "n"], rows)


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Cells padded to their column's width."""
    cells = [list(columns), *([number(x) if isinstance(x, float) else str(x) for x in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in cells]
    lines = [f"| {' | '.join(row)} |" for row in padded]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def number(value: float) -> str:
    """Three digits that count: 1.98, 0.973, 24.7; whole numbers of more are whole. The same of a value as a file keeps
    it, which is rounded already."""
    value = kept(value)
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}".rstrip(".")


def without_places(value: Any) -> Any:
    """Plain values in which a path that leads out of the working directory is cut to its last part."""
    if isinstance(value, Mapping):
        return {key: without_places(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_places(item) for item in value]
    if not isinstance(value, (str, os.PathLike)):
        return value
    text = os.fspath(value)
    place = re.split("[:=]", text)[-1]  # of a face model's name, `ict:FOLDER`, or of NAME=FILE
    parts = Path(place).parts
    return text.removesuffix(place) + parts[-1] if parts[:1] == ("/",) or ".." in parts else text


def commit() -> str:
    """The commit of the checkout that this code runs from, `-dirty` where files differ; "" outside a checkout."""
    words = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():  # an installed package below somebody else's checkout
        return ""
    try:
        return subprocess.run(words, cwd=root, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _check(figure: Figure) -> None:
    """Raise ValueError where a figure's numbers or words are none."""
    words = (figure.name, figure.label, figure.unit, figure.group)
    numbers = (figure.value, figure.n, *(one for one in (figure.low, figure.high, figure.median) if one is not None))
    if not all(isinstance(one, str) for one in words):
        raise ValueError("a figure's name is none")
    if not all(isinstance(one, int | float) and abs(one) < 1e300 for one in numbers):
        raise ValueError(f"the figure {figure.name} is no number")


def _heading(figure: Figure) -> str:
    return f"{figure.label} ({figure.unit})" if figure.unit else figure.label


def _interval(figure: Figure) -> str:
    return "" if figure.low is None or figure.high is None else f"{number(figure.low)} to {number(figure.high)}"


def _optional(value: float | None) -> str:
    return "" if value is None else number(value)


def _stored(figure: Figure) -> dict[str, Any]:
    """Without what is at its default, in six digits."""
    given = {key: value for key, value in asdict(figure).items() if value not in (None, "")} | {"unit": figure.unit}
    return {key: kept(value) if isinstance(value, float) else value for key, value in given.items()}


def kept(value: float) -> float:
    """Six digits of it, as files of results have them."""
    return float(f"{value:.6g}")


def _json(content: Mapping[str, Any]) -> str:
    """One line for each item of a list or dict at the top: figures can be read, and their changes too."""
    lines = []
    for key, value in _finite(content).items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list) and value:
            text = "[\n  " + ",\n  ".join(json.dumps(item, ensure_ascii=False) for item in value) + "\n ]"
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _finite(value: Any) -> Any:
    """JSON has no NaN: null instead; NumPy's scalars become Python's."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
