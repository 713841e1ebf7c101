from __future__ import annotations

import io
import re

import pytest

from recon import progress as module
from recon.progress import progress, tracked


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test moves."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_without_a_terminal_a_line_comes_about_every_half_minute(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in tracked(range(100), "records"):
        clock[0] += 8
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "records: 4 of 100, 8.0 s each, 13 min left" and len(lines) == 25


def test_what_was_there_counts_as_made_but_not_in_the_rate(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("rows", 100, done=50) as advance:
        for _ in range(20):
            clock[0] += 2
            advance()
    assert capsys.readouterr().err == "rows: 65 of 100, 2.0 s each, 70 s left\n"


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(tracked(iter([1, 2]), "things", 2)) == [1, 2]
    assert capsys.readouterr().err == ""


def test_on_a_terminal_a_bar_shows_an_honest_rate(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(module.sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress("records", 16) as advance:
        clock[0] += 16.0
        for _ in range(8):  # a block arrives at once
            advance()
    shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", terminal.getvalue())
    assert "8/16" in shown and "2.0 s each, 16 s left" in shown
