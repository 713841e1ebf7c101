"""`--help` tells of everything that a command takes."""

from __future__ import annotations

import dataclasses
import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from recon.cli import COMMANDS, Command
from recon.cli.help import command_help
from recon.configuration import settings_of
from recon.configuration.keys import hints_of, is_dataclass
from synth2real.cli import COMMANDS as SYNTH2REAL

ALL = {f"recon {name}": one for name, one in COMMANDS.items()}
ALL |= {f"synth2real {name}": one for name, one in SYNTH2REAL.items()}


def takes(command: Command) -> tuple[type, type | None]:
    module = importlib.import_module(command.module)
    return module.Options, module.settings(*command.told) if hasattr(module, "settings") else None


def fields_of(hint: Any, seen: set[type]) -> Iterator[dataclasses.Field]:
    """The fields of a dataclass, and of those that stand anywhere in the types of its fields."""
    if is_dataclass(hint) and hint not in seen:
        seen.add(hint)
        for field in dataclasses.fields(hint):
            yield field
            yield from fields_of(hints_of(hint)[field.name], seen)
    for inner in getattr(hint, "__args__", ()):
        yield from fields_of(inner, seen)


@pytest.mark.parametrize("name", ALL)
def test_every_field_is_there_with_type_default_range_and_meaning(name: str) -> None:
    options, settings = takes(ALL[name])
    text = " ".join(command_help(name, "About", options, settings).split())
    told = [*settings_of(options), *(settings_of(settings) if settings else [])]
    assert all(len(one.meaning) > 4 and f" {one.meaning}" in text for one in told)
    named = {part for one in told for part in one.key.split(".")}
    for field in [*fields_of(options, set()), *fields_of(settings, set())]:
        left = field.metadata.get("positional", field.name.rstrip("_"))  # from_ is --from
        assert field.name in named and re.search(rf"(?:^| |\.|--){re.escape(left)}(?:\.NAME|\.N)?:? ", text), field.name
        low, high = field.metadata.get("range", (None, None))
        assert low is None or high is None or f"from {low:g} to {high:g}" in text, field.name


@pytest.mark.parametrize("columns", ["1", "20"])
def test_a_narrow_terminal_is_no_error(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    options, settings = takes(ALL["recon train"])
    lines = command_help("recon train", "train a network", options, settings).splitlines()
    assert any(line.startswith("  --batch_size") for line in lines)


def test_entries_read_as_they_should(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    options, settings = takes(ALL["recon reconstruct"])
    lines = command_help("recon reconstruct", "turn photos into meshes", options, settings).splitlines()
    assert lines[0] == "usage: recon reconstruct PHOTO_OR_FOLDER... --out path [--OPTION VALUE]..."
    assert "  --crop                              each photo is a ready crop of one face (a switch)" in lines
    assert "  --texture_px int                    side of the texture (default: 1024; from 16 to 8192)" in lines
    assert "detail: the relief that the photo's shading shows; null leaves it out" in lines
    assert max(map(len, lines)) <= 100


def test_a_group_that_stands_there_twice_is_told_once() -> None:
    told = {one.key: one for one in settings_of(takes(ALL["recon train"])[1])}  # type: ignore[arg-type]
    assert told["held_out"].like == "keys as those of sources.NAME" and "held_out.count" not in told
    assert told["sources.NAME.scene.dress.glasses"].default == "0.2" and "stages.N.steps" in told


def test_defaults_are_those_of_the_group_where_it_stands() -> None:
    told = {one.key: one for one in settings_of(takes(ALL["synth2real train"])[1])}  # type: ignore[arg-type]
    assert told["placement.mirror"].default == "0.0"
