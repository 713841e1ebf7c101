#!/usr/bin/env python3
"""Writes docs/results.md and the README's headline table from docs/results/*.json; --check only says what differs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

from recon.errors import UserError
from recon.evaluate.results import Result, figure_table, markdown_table, read_result, remarks

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- results: written by scripts/report.py -->", "<!-- /results -->"


class Row(NamedTuple):
    """A figure of the headline table: what it is called there, its file, group and name, and the bar we set."""

    what: str
    file: str
    group: str
    name: str
    bar: str


HEADLINE = (  # eight at most
    Row("renders: depth error, % of the range", "renders_painted", "", "depth_mean", "at most 2"),
    Row("renders: correspondence, median, mm", "renders_painted", "", "correspondence_median_mm", "at most 3"),
    Row("renders with everything on: mask IoU", "renders_dressed", "", "mask_iou", "at least 0.95"),
    Row("photos: known points inside the mask, %", "mask_points_research", "", "points", "at least 98"),
    Row("photos: meshes that meet five points, %", "meshes_five", "", "near", "at least 97"),
    Row("a real scan: depth error over the mean face's", "scan_views_james", "", "ratio", "at most 0.8"),
    Row("registration: true maps, without a flip, %", "registration_default", "true maps", "free", "at least 95"),
)
SECTIONS = {  # heading -> beginnings of file names, in the order in which they are shown
    "The network on renders": ("renders_painted", "renders"),
    "The network on photos and a scan": ("mask_points", "landmarks_2d", "scan_views", "finding"),
    "Its two networks alone, for frontal and for turned heads": ("frontal_", "wild_"),
    "The methods side by side": ("methods",),
    "Ablations of PRNet and VRN": ("prnet_", "vrn_"),
    "Meshes": ("meshes", "registration", "bench_registration"),
    "Fine detail": ("detail",),
    "DECA": ("deca", "embedder"),
    "Faces on canvases": ("proportions", "appearance", "likeness"),
    "The generator": ("generator",),
    "The loop": ("feedback",),
    "Matching photos": ("bench_match",),
    "Speed": (
        "bench_render",
        "bench_records",
        "bench_gan_step",
        "bench_generate",
        "bench_scale",
        "bench_endurance",
        "bench_volume",
        "bench_differentiable",
    ),
    "Faults": ("faults",),
    "Files of strangers": ("fuzz",),
}
INTRODUCTION = """# Results

Written by `scripts/report.py` from `docs/results/*.json`; not to be edited. Intervals are at 95 %, by bootstrap over
people; n is the number of images, people or runs that a figure is the mean of. The words behind the figures are in
[notes_on_results.md](notes_on_results.md)."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit code 1 where a document is not current"
    )
    args = parser.parse_args()
    try:
        stale = [(path, text) for path, text in documents(ROOT).items() if _read(path) != text]
    except UserError as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    for path, text in stale:
        state = "is not what the results say: run scripts/report.py" if args.check else "written"
        print(f"{path.relative_to(ROOT)} {state}")
        if not args.check:
            path.write_text(text)
    return int(args.check and bool(stale))


def documents(root: Path) -> dict[Path, str]:
    """Each document and what should stand in it."""
    files = [file for file in sorted((root / "docs/results").glob("*.json")) if not file.name.endswith(".values.json")]
    results = {file.stem: read_result(file) for file in files}
    readme = root / "README.md"
    return {
        root / "docs/results.md": page(results),
        readme: between_marks(readme, headline({name: result for name, (result, _) in results.items()})),
    }


def page(results: dict[str, tuple[Result, dict[str, str]]]) -> str:
    """docs/results.md."""
    parts, left = [INTRODUCTION], dict(results)
    for heading, beginnings in SECTIONS.items():
        names = [name for beginning in beginnings for name in left if name.startswith(beginning)]
        parts += [f"## {heading}"] if names else []
        parts += [section(name, *left.pop(name)) for name in dict.fromkeys(names)]
    if left:
        raise UserError(
            f"docs/results/{next(iter(left))}.json has no place in SECTIONS of scripts/report.py: give it one"
        )
    return "\n\n".join(parts) + "\n"


def section(name: str, result: Result, origin: dict[str, str]) -> str:
    """One result: its table, its notes, and where it comes from."""
    weights = ", ".join(f"{file} {digest[:12]}" for file, digest in result.weights.items())
    source = f"[{name}.json](results/{name}.json), {origin['date']}, commit {origin['commit']}"
    source += f", weights {weights}" if weights else ""
    notes = [f"- {note}" for note in (*result.notes, *remarks(result.figures), f"{source}: `{origin['command']}`")]
    return "\n".join([f"### {result.title}", "", figure_table(result.figures), "", *notes])


def headline(results: dict[str, Result]) -> str:
    """The README's table."""
    rows, shown = [], []
    for row in HEADLINE:
        figures = results[row.file].figures if row.file in results else ()
        found = [figure for figure in figures if (figure.group, figure.name) == (row.group, row.name)]
        if not found:
            raise UserError(
                f"docs/results/{row.file}.json has no figure {row.group} {row.name}: see HEADLINE in scripts/report.py"
            )
        rows.append((row.what, found[0].text(), row.bar, f"{found[0].n:,}"))
        shown.append(found[0])
    table = markdown_table(("what", "measured (95 % interval)", "bar", "n"), rows)
    return "\n\n".join([table, *remarks(shown)])


def between_marks(readme: Path, table: str) -> str:
    """The README with `table` between its two marks."""
    before, begin, rest = readme.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UserError(f"{readme} lacks the lines `{BEGIN}` and `{END}`: put them where the headline table belongs")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
