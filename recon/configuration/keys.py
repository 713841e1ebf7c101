"""The keys that a type has: what may stand under them, which are unknown, how a dotted one is set."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any

import yaml

from recon.configuration.loading import KeyTwice, load_yaml
from recon.errors import UserError, did_you_mean


def child(hint: Any, key: str) -> Any:
    """The type of what stands under `key` in a value of type `hint`; None where nothing does."""
    if is_dataclass(hint):
        return hints_of(hint).get(key)
    if typing.get_origin(hint) is dict:
        return typing.get_args(hint)[1]
    if typing.get_origin(hint) in (list, tuple) and key.isdigit():
        return typing.get_args(hint)[0]
    return next((found for part in parts(hint) if (found := child(part, key)) is not None), None)


def known(hint: Any) -> list[str]:
    """The keys that a value of type `hint` may have; empty where any will do, or none."""
    if is_dataclass(hint):
        return [field.name for field in dataclasses.fields(hint)]
    return next((found for part in parts(hint) if (found := known(part))), [])


def has_keys(hint: Any) -> bool:
    """Whether a value of type `hint` holds keys of its own, named or free, or a numbered list of such values."""
    origin = typing.get_origin(hint)
    if origin in (list, tuple):
        return has_keys(typing.get_args(hint)[0])
    return bool(known(hint)) or origin is dict or any(has_keys(part) for part in parts(hint))


def parts(hint: Any) -> tuple[Any, ...]:
    """The types of a union; empty for others."""
    return typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else ()


def is_dataclass(hint: Any) -> bool:
    return isinstance(hint, type) and dataclasses.is_dataclass(hint)


@functools.cache
def hints_of(cls: type) -> dict[str, Any]:
    """The type of each field, by name."""
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}  # type: ignore[arg-type]


def refuse_unknown_keys(hint: Any, value: Any, source: str, prefix: str = "") -> None:
    """Raise a UserError that names the first key of plain `value` that the type `hint` has not."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            found = child(hint, str(key))
            if found is None and known(hint):
                raise UserError(f"unknown key '{prefix}{key}' in {source}{did_you_mean(str(key), known(hint))}")
            refuse_unknown_keys(found, item, source, f"{prefix}{key}.")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            refuse_unknown_keys(child(hint, str(number)), item, source, f"{prefix}{number}.")
    elif known(hint) and value is not None:
        raise UserError(f"'{prefix[:-1]}' in {source} must hold keys of its own, not {value!r}")


def set_dotted(hint: Any, values: Any, dotted: str, value: Any) -> None:
    """Put `value` under the dotted key; text is read by the type that it is for."""
    *parents, leaf = dotted.split(".")
    for depth, parent in enumerate(parents):
        found = child(hint, parent)
        if found is None or not has_keys(found):
            groups = [name for name in known(hint) if has_keys(child(hint, name))]
            raise UserError(
                f"unknown option --{dotted} ('{'.'.join(parents[: depth + 1])}' has no keys of its own)"
                + did_you_mean(parent, groups)
            )
        if isinstance(values, list):
            if int(parent) >= len(values):
                raise UserError(f"--{dotted}: there are {len(values)} {parents[depth - 1]}, numbered from 0")
            hint, values = found, values[int(parent)]
            continue
        if not isinstance(values.get(parent), (dict, list)):
            values[parent] = {}
        hint, values = found, values[parent]
    found = child(hint, leaf)
    if found is None:
        near = [".".join([*parents, name]) for name in known(hint)]
        raise UserError(f"unknown option --{dotted}{did_you_mean(dotted, near)}")
    if isinstance(value, str) and has_keys(found):
        value = _parsed(value, dotted)
    values[leaf if isinstance(values, dict) else int(leaf)] = value


def _parsed(text: str, dotted: str) -> Any:
    """A group of keys given as text: null, the name of a YAML file, or YAML itself (`[{steps: 2}]`)."""
    try:
        value = load_yaml(text)
    except KeyTwice as error:
        raise UserError(f"--{dotted} gives {error} twice: keep one") from None
    except (yaml.YAMLError, RecursionError):
        value = text
    named = isinstance(value, str) and value.endswith((".yaml", ".yml"))
    if not (named or value is None or isinstance(value, (dict, list))):
        raise UserError(f"--{dotted} has keys of its own: set one of them (--{dotted}.key value), or name a YAML file")
    return value
