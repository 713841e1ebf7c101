"""The words of a command line, sorted: a command's own options, and `--key value` overrides of its settings."""

from __future__ import annotations

import dataclasses
import difflib
import keyword
from collections.abc import Mapping, Sequence
from typing import Any

from recon.configuration import settings_of
from recon.configuration.keys import known
from recon.configuration.types import words_of
from recon.errors import UserError

Given = dict[str, Any]


def read_words(words: Sequence[str], options: type, settings: type | None, title: str) -> tuple[Given, dict[str, str]]:
    """What is given of the dataclass `options` (text, or a list of it), and the dotted overrides of `settings`.

    `--key value` and `--key=value` are the same, and so are `-` and `_` in an option's name; a switch needs no value.
    A value may begin with a single `-`. title: the command, for errors.

    Raises:
        UserError: an option is unknown, lacks its value, or is missing.
    """
    fields = {field.name: field for field in dataclasses.fields(options)}
    own: Given = {}
    overrides: dict[str, str] = {}
    places: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word:
            raise UserError(f"there is an empty word among the options: leave it out (see {title} --help)")
        if not word.startswith("--"):
            if word.startswith("-"):
                raise UserError(f"unknown option {word} (see {title} --help)")
            places.append(word)
            continue
        key, equals, value = word[2:].partition("=")
        name = key.replace("-", "_")
        name = f"{name}_" if keyword.iskeyword(name) else name  # which no field can be called: --from is from_
        if name in fields and "positional" not in fields[name].metadata:
            several, count = words_of(options, name)
            taken = [value] if value else _taken([] if equals else rest, count, key)
            own[name] = taken if several else taken[0]
            continue
        _refuse_unknown(key, fields, settings, title)
        overrides[key] = value or _taken([] if equals else rest, 1, key)[0]
    _put_places(own, places, options, title)
    for name, field in fields.items():
        if name not in own and field.default is field.default_factory is dataclasses.MISSING:
            raise UserError(f"--{name} is missing: give --{name} VALUE (see {title} --help)")
    return own, overrides


def _taken(rest: list[str], count: int | None, key: str) -> list[str]:
    """The next `count` words, off `rest`: 0 of a switch, None: all up to the next option."""
    if count == 0:
        return ["true"]
    values: list[str] = []
    while rest and not rest[0].startswith("--") and len(values) != count:
        values.append(rest.pop(0))
    if len(values) < (count or 1) or "" in values:
        needed = count or 1
        many = "a value" if needed == 1 else f"{needed} values"
        raise UserError(f"--{key} needs {many}: --{key}{' VALUE' * needed}")
    return values


def _refuse_unknown(key: str, fields: Mapping[str, dataclasses.Field], settings: type | None, title: str) -> None:
    names = {name: name for name, field in fields.items() if "positional" not in field.metadata}
    for one in [] if settings is None else settings_of(settings):
        names.setdefault(one.key.split(".")[0], one.key)
        names.setdefault(one.key.split(".")[-1], one.key)
    if settings is None or key.split(".")[0] not in known(settings):
        near = difflib.get_close_matches(key.split(".")[-1], names, n=1)
        hint = f"; did you mean '--{names[near[0]]}'?" if near else f" (see {title} --help)"
        raise UserError(f"unknown option --{key}{hint}")


def _put_places(own: Given, places: list[str], options: type, title: str) -> None:
    """Put the words without `--` where they belong."""
    named = [field for field in dataclasses.fields(options) if "positional" in field.metadata]
    several = bool(named) and words_of(options, named[0].name)[0]
    if named and not places and named[0].default is dataclasses.MISSING:
        raise UserError(f"no {named[0].metadata['positional']} is given (see {title} --help)")
    if len(places) > len(named) and not several:
        raise UserError(f"can't make sense of '{places[len(named)]}' (see {title} --help)")
    if named and places:
        own[named[0].name] = places if several else places[0]
