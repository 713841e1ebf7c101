"""What a dataclass's settings are: name, type, default and range of its fields, the meaning in its docstring.

A docstring tells of fields in lines or in sentences:

    smile   share of faces that smile,                          smile: share of faces that smile. jaw: how far
            many with teeth showing                             it opens.

Names that share a meaning stand before it with commas between them.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
import typing
from dataclasses import dataclass
from typing import Any

from recon.configuration.fields import range_of, range_text
from recon.configuration.keys import hints_of, is_dataclass, parts
from recon.configuration.types import type_text


@dataclass(frozen=True)
class Setting:
    """One key of a configuration.

    key      dotted; NAME stands for a free name, N for a number
    type     in the words of `type_text`
    default  as YAML has it; None: it must be given
    range    `from 0 to 1`; empty: open
    meaning  of it, one line
    group    it holds keys of its own, which follow
    like     it holds the same keys as this one, which went before
    """

    key: str
    type: str
    default: str | None
    range: str
    meaning: str
    group: bool = False
    like: str = ""


def settings_of(cls: type) -> list[Setting]:
    """All settings of a dataclass, each group before its keys; plain ones first, as they stand there."""
    return _settings(cls, None, "", {})


def _settings(cls: type, default: Any, prefix: str, told_of: dict[type, str]) -> list[Setting]:
    """default: the value whose fields are the defaults; None: those of `cls`. told_of: classes -> where they stand."""
    told, hints = meanings(cls), hints_of(cls)
    plain: list[Setting] = []
    groups: list[Setting] = []
    for field in dataclasses.fields(cls):
        hint, key, meaning = hints[field.name], f"{prefix}{field.name}", told.get(field.name, "")
        value = _default(field) if default is None else getattr(default, field.name)
        group = _dataclass_in(hint)
        if group is None:
            plain.append(Setting(key, type_text(hint), _text(value), range_text(range_of(field)), meaning))
            continue
        key, value = f"{key}{_between(hint)}", None if _between(hint) else value
        given = "null" if value is None and type(None) in parts(hint) else ""
        if value in (None, _default_of(group)) and group in told_of:
            like = f"keys as those of {told_of[group]}"
            groups.append(Setting(key, type_text(hint), given, "", meaning, group=True, like=like))
            continue
        told_of[group] = key
        groups.append(Setting(key, type_text(hint), given, "", meaning, group=True))
        groups += _settings(group, value, f"{key}.", told_of)
    return plain + groups


def meanings(cls: type) -> dict[str, str]:
    """Field -> what the docstrings of `cls` and of the dataclasses that it extends say of it."""
    found: dict[str, str] = {}
    for base in reversed([base for base in cls.__mro__ if is_dataclass(base)]):
        found |= _told(base)
    return {name: found[name] for name in hints_of(cls) if name in found}


@functools.cache
def _told(cls: type) -> dict[str, str]:
    text = "" if (cls.__doc__ or "").startswith(f"{cls.__name__}(") else inspect.cleandoc(cls.__doc__ or "")
    name = "|".join(sorted(map(re.escape, hints_of(cls)), key=len, reverse=True))
    names = rf"(?:{name})(?:, (?:{name}))*"
    beginning = re.compile(rf"(?:^[ ]*|(?<=[.;] )|(?<=[.;]\n))({names}):\s|^[ ]*({names})(?=[ ]{{2,}})", re.MULTILINE)
    marks = list(beginning.finditer(text))
    found: dict[str, str] = {}
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends[: len(marks)], strict=True):
        paragraph = text[mark.end() : end].split("\n\n")[0]
        meaning = " ".join(paragraph.split()).rstrip(".;")
        found |= {one: meaning for one in (mark[1] or mark[2]).split(", ")}
    return found


def _dataclass_in(hint: Any) -> type | None:
    """The dataclass whose keys stand under a value of this type."""
    if is_dataclass(hint):
        return hint
    inner = parts(hint) or typing.get_args(hint)
    return next((found for part in inner if (found := _dataclass_in(part))), None)


def _between(hint: Any) -> str:
    """What stands between the key of a group and its keys: nothing, a free name, or a number."""
    origin = typing.get_origin(hint)
    if origin is dict:
        return ".NAME"
    return ".N" if origin in (list, tuple) else ""


def _default(field: dataclasses.Field) -> Any:
    """The field's default; MISSING where it must be given."""
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _default_of(cls: type) -> Any:
    required = any(_default(field) is dataclasses.MISSING for field in dataclasses.fields(cls))
    return None if required else cls()


def _text(value: Any) -> str | None:
    """As YAML has it."""
    if value is dataclasses.MISSING:
        return None
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(str, value))}]"
    return "{}" if value == {} else str(value)
