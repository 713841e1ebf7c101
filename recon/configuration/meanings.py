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
from recon.configuration.keys import has_keys, hints_of, is_dataclass, parts
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
    """

    key: str
    type: str
    default: str | None
    range: str
    meaning: str
    group: bool = False


def settings_of(cls: type, prefix: str = "") -> list[Setting]:
    """All settings of a dataclass, each group before its keys; plain ones first, as they stand there."""
    told, hints, plain, groups = meanings(cls), hints_of(cls), [], []
    for field in dataclasses.fields(cls):
        hint, key = hints[field.name], f"{prefix}{field.name}"
        group = _dataclass_in(hint)
        default = None if _is_required(field) else _default_text(field, group is not None)
        one = Setting(
            key, type_text(hint), default, range_text(range_of(field)), told.get(field.name, ""), group is not None
        )
        (groups if group else plain).append(one)
        if group:
            groups += settings_of(group, f"{key}.{_between(hint)}")
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
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        paragraph = text[mark.end() : following.start() if following else None].split("\n\n")[0]
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
        return "NAME."
    return "N." if origin in (list, tuple) and has_keys(hint) else ""


def _is_required(field: dataclasses.Field) -> bool:
    return field.default is field.default_factory is dataclasses.MISSING


def _default_text(field: dataclasses.Field, group: bool) -> str:
    value = field.default if field.default is not dataclasses.MISSING else field.default_factory()  # type: ignore[misc]
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if group:
        return ""
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return str(value)
