"""What `--help` prints: a program's commands; a command's options and every setting it takes."""

from __future__ import annotations

import dataclasses
import shutil
import textwrap
from collections.abc import Mapping

from recon.configuration import Setting, settings_of
from recon.configuration.types import words_text

LEFT = 34  # columns of the names
NARROWEST, WIDEST = 60, 120


def overview(program: str, about: str, commands: Mapping[str, str]) -> str:
    """The commands of a program, name -> line."""
    width = max(map(len, commands))
    lines = [f"  {program} {name.ljust(width)}  {line}" for name, line in commands.items()]
    more = f"`{program} COMMAND --help` lists everything that one takes; `{program} --version` tells the version."
    return "\n".join([about, "", *lines, "", more])


def command_help(title: str, about: str, options: type, settings: type | None) -> str:
    """All that a command takes: its own options, then the settings, each with type, default, range and meaning."""
    fields = dataclasses.fields(options)
    places = {field.name: field.metadata["positional"] for field in fields if "positional" in field.metadata}
    own = {one.key: one for one in settings_of(options)}
    lefts = {key: places.get(key) or f"--{key.rstrip('_')} {words_text(options, key)}".rstrip() for key in own}
    required = [lefts[key] for key, one in own.items() if one.default is None and key not in places]
    given = [f"[{place}]" if own[key].default is not None else place for key, place in places.items()]
    usage = " ".join([f"usage: {title}", *given, *required, "[--OPTION VALUE]..."])
    lines = [usage, "", f"{about[:1].upper()}{about[1:]}.", ""]
    for key, one in own.items():
        lines += _entry(lefts[key], one.meaning, [] if key in places else _of_option(one))
    if settings is not None:
        lines += ["", "Settings: each a key of the YAML file, and --KEY VALUE here.", ""]
        for one in settings_of(settings):
            entry = _entry(f"--{one.key} {one.type}", one.meaning, _of_setting(one))
            lines += ["", *_heading(one)] if one.group else entry
    return "\n".join(lines)


def _of_option(one: Setting) -> list[str]:
    if one.default == "null":
        return ["" if "none:" in one.meaning else "default: none", one.range]
    return [{None: "required", "false": "a switch"}.get(one.default, f"default: {one.default}"), one.range]


def _of_setting(one: Setting) -> list[str]:
    return ["required" if one.default is None else f"default: {one.default}", one.range]


def _heading(one: Setting) -> list[str]:
    facts = [] if not one.default else [f"default: {one.default}"]
    return textwrap.wrap(f"{one.key}: {one.meaning}{_brackets([*facts, one.like])}", _width())


def _entry(left: str, meaning: str, facts: list[str]) -> list[str]:
    text = textwrap.wrap(f"{meaning}{_brackets(facts)}", _width() - LEFT - 4, break_on_hyphens=False)
    if len(left) <= LEFT:
        return [f"  {left.ljust(LEFT)}  {text[0]}", *(" " * (LEFT + 4) + line for line in text[1:])]
    return [f"  {left}", *(" " * (LEFT + 4) + line for line in text)]


def _brackets(facts: list[str]) -> str:
    told = [fact for fact in facts if fact]
    return f" ({'; '.join(told)})" if told else ""


def _width() -> int:
    return min(WIDEST, max(NARROWEST, shutil.get_terminal_size((WIDEST, 24)).columns))
