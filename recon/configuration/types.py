"""Types in the words of a help, and values made of text or YAML by them, which jsonargparse does."""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten
from typing import Any

import jsonargparse

from recon.configuration.fields import OPEN, Range, out_of_range, range_of
from recon.configuration.keys import has_keys, hints_of, is_dataclass, parts

NAMES = {int: "int", float: "float", str: "text", Path: "path", bool: "true|false", type(None): "null", Any: "any"}


MOST_SHOWN = 80  # characters of a wrong value


class Refused(Exception):
    """A value that its key can't have. key: dotted. sentence: what it must be and is not; missing: there is none."""

    def __init__(self, key: str, sentence: str, missing: bool = False) -> None:
        super().__init__(key)
        self.key, self.sentence, self.missing = key, sentence, missing


def type_text(hint: Any) -> str:
    """`int`, `joint|separate`, `float|null`, `[int, ...]`, `{...}` for keys of its own."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return "|".join(map(str, inner))
    if parts(hint):
        return "|".join(map(type_text, inner))
    if origin in (list, tuple):
        several = inner[-1:] == (Ellipsis,) or origin is list
        return f"[{type_text(inner[0])}, ...]" if several else f"[{', '.join(map(type_text, inner))}]"
    return "{...}" if has_keys(hint) else NAMES[hint]


def words_of(options: type, name: str) -> tuple[bool, int | None]:
    """Whether a command's option takes several words, and how many: 0 for a switch, None for as many as there are."""
    hint = _without_null(hints_of(options)[name])
    if typing.get_origin(hint) is not tuple:
        return False, 0 if hint is bool else 1
    inner = typing.get_args(hint)
    return True, None if inner[-1] is Ellipsis else len(inner)


def words_text(options: type, name: str) -> str:
    """What stands for those words in a help: `path`, `path...`, `float float`, nothing for a switch."""
    several, count = words_of(options, name)
    hint = _without_null(hints_of(options)[name])
    inner = [type_text(one) for one in (typing.get_args(hint) if several else [hint]) if one is not Ellipsis]
    return "" if count == 0 else f"{inner[0]}..." if count is None else " ".join(inner)


def _without_null(hint: Any) -> Any:
    return next((part for part in parts(hint) if part is not type(None)), hint)


def build(hint: Any, value: Any, key: str = "", limits: Range = OPEN) -> Any:
    """The value of type `hint` that plain values, or text, stand for; numbers are held in their ranges.

    Raises:
        Refused: it can't have that value.
    """
    if is_dataclass(hint) and isinstance(value, Mapping):
        return _dataclass(hint, value, f"{key}." if key else "")
    if parts(hint) and has_keys(hint):
        return None if value is None else build(next(part for part in parts(hint) if has_keys(part)), value, key)
    if typing.get_origin(hint) is dict and has_keys(hint) and isinstance(value, Mapping):
        return {name: build(typing.get_args(hint)[1], item, f"{key}.{name}") for name, item in value.items()}
    if typing.get_origin(hint) in (list, tuple) and has_keys(hint) and isinstance(value, (list, tuple)):
        item_hint = typing.get_args(hint)[0]
        return tuple(build(item_hint, item, f"{key}.{number}") for number, item in enumerate(value))
    if hint is Any:
        return value
    plain = _without_null(hint)
    if isinstance(value, str) and plain in (str, Path):  # a name may look like YAML: `# 1`, `&a`
        return None if value == "null" and plain is not hint else plain(value)
    if has_keys(hint):
        raise Refused(key, f"keys of its own, not {_shown(value)}")
    try:
        made = _reader(hint).parse_object({"value": value}).value
        if made is None and type(None) not in parts(hint):  # jsonargparse lets null pass for anything
            raise ValueError("null")
    except (jsonargparse.ArgumentError, TypeError, ValueError):
        raise Refused(key, f"{' or '.join(type_text(hint).split('|'))}, not '{_shown(value)}'") from None
    wrong = out_of_range(made, limits)
    if wrong:
        raise Refused(key, wrong)
    return made


def _dataclass(cls: Any, values: Mapping[str, Any], prefix: str) -> Any:
    fields, hints = cls.__dataclass_fields__, hints_of(cls)
    made = {name: build(hints[name], item, f"{prefix}{name}", range_of(fields[name])) for name, item in values.items()}
    for field in fields.values():
        if field.name not in made and field.default is field.default_factory is dataclasses.MISSING:
            raise Refused(f"{prefix}{field.name}", "", missing=True)
    return cls(**made)


@functools.cache
def _reader(hint: Any) -> jsonargparse.ArgumentParser:
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--value", type=hint)
    return parser


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    words = isinstance(value, list) and all(isinstance(word, str) for word in value)
    return shorten(" ".join(value) if words else str(value), MOST_SHOWN, placeholder=" ...")
