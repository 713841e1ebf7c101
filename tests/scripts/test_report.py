"""The documents are what the results say."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from recon.errors import UserError

ROOT = Path(__file__).parents[2]


def load_report() -> ModuleType:
    spec = importlib.util.spec_from_file_location("report", ROOT / "scripts/report.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


report = load_report()
FILES = [file for file in (ROOT / "docs/results").glob("*.json") if not file.name.endswith(".values.json")]


def test_the_documents_are_current() -> None:
    for path, text in report.documents(ROOT).items():
        assert path.read_text() == text, f"{path.name} is not what docs/results/*.json say: run scripts/report.py"


def test_a_changed_figure_changes_the_readme_and_the_page(tmp_path: Path) -> None:
    row = report.HEADLINE[0]
    (tmp_path / "docs/results").mkdir(parents=True)
    (tmp_path / "README.md").write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    for file in FILES:
        content = json.loads(file.read_text())
        for figure in content["figures"]:
            if file.stem == row.file and (figure.get("group", ""), figure["name"]) == (row.group, row.name):
                figure["value"] = 7.77
        (tmp_path / "docs/results" / file.name).write_text(json.dumps(content))
    page, readme = report.documents(tmp_path).values()
    assert "7.77" in page and re.search(rf"\| {re.escape(row.what)} +\| 7\.77 .*\| {row.bar} ", readme)
    assert readme.startswith("before\n") and readme.endswith("\nafter\n") and "old" not in readme


def test_results_without_a_place_and_marks_that_miss_are_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("no marks")
    with pytest.raises(UserError, match="lacks the lines"):
        report.between_marks(tmp_path / "README.md", "table")
    with pytest.raises(UserError, match="has no place"):
        report.page({"unheard_of": (None, {})})


def test_no_result_tells_where_its_data_lay() -> None:
    for file in FILES:
        assert not re.search(r'[" :]/\w|\.\./', file.read_text()), file
    assert len(report.HEADLINE) <= 8
